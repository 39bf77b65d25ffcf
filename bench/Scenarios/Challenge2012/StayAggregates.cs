using DigitalTwin.Models;

namespace DigitalTwin.Scenarios.Challenge2012;

/// <summary>Stays as the logistic model reads them: last, mean, least and largest hour, and their share.</summary>
internal static class StayAggregates
{
    private const int PerSeries = 5;

    /// <summary>A row per stay; a signal that was never read has the mean, 0, and no hours.</summary>
    public static Table Of(IReadOnlyList<IcuStay> stays, Standardisation standardisation)
    {
        int series = IcuSignal.Series.Count;
        int columns = (series * PerSeries) + IcuStay.Signals - series;
        double[] features = new double[stays.Count * columns];
        for (int i = 0; i < stays.Count; i++)
        {
            Span<double> row = features.AsSpan(i * columns, columns);
            for (int signal = 0; signal < series; signal++)
            {
                Summarise(stays[i], signal, standardisation, row.Slice(signal * PerSeries, PerSeries));
            }

            for (int signal = series; signal < IcuStay.Signals; signal++)
            {
                double value = standardisation.Of(stays[i], 0, signal);
                row[(series * PerSeries) + signal - series] = double.IsNaN(value) ? 0 : value;
            }
        }

        return new Table(columns, features, [.. stays.Select(stay => stay.Died ? 1.0 : 0.0)]);
    }

    private static void Summarise(IcuStay stay, int signal, Standardisation standardisation, Span<double> row)
    {
        (double last, double sum, int count) = (0, 0, 0);
        (double least, double largest) = (double.PositiveInfinity, double.NegativeInfinity);
        for (int hour = 0; hour < IcuStay.Hours; hour++)
        {
            double value = standardisation.Of(stay, hour, signal);
            if (!double.IsNaN(value))
            {
                (last, sum, count) = (value, sum + value, count + 1);
                (least, largest) = (Math.Min(least, value), Math.Max(largest, value));
            }
        }

        row[0] = last;
        row[1] = count == 0 ? 0 : sum / count;
        row[2] = count == 0 ? 0 : least;
        row[3] = count == 0 ? 0 : largest;
        row[4] = count / (double)IcuStay.Hours;
    }
}
