namespace DigitalTwin.Scenarios.Challenge2012;

/// <summary>Mean and standard deviation of every signal over the hours of some stays in which it was read.</summary>
internal sealed class Standardisation
{
    private readonly double[] _means = new double[IcuStay.Signals];
    private readonly double[] _deviations = new double[IcuStay.Signals];

    public Standardisation(IReadOnlyList<IcuStay> stays)
    {
        for (int signal = 0; signal < IcuStay.Signals; signal++)
        {
            (double count, double sum, double squares) = (0, 0, 0);
            foreach (IcuStay stay in stays)
            {
                for (int hour = 0; hour < IcuStay.Hours; hour++)
                {
                    double value = stay.At(hour, signal);
                    if (!double.IsNaN(value))
                    {
                        count++;
                        sum += value;
                        squares += value * value;
                    }
                }
            }

            _means[signal] = count == 0 ? 0 : sum / count;
            double variance = count == 0 ? 0 : (squares / count) - (_means[signal] * _means[signal]);

            // A signal that is always the same, as mechanical ventilation is where it is noted, becomes 0.
            _deviations[signal] = variance > 1e-6 ? Math.Sqrt(variance) : 1;
        }
    }

    /// <summary>In standard deviations from the mean; NaN stays NaN.</summary>
    public float Of(IcuStay stay, int hour, int signal) =>
        (float)((stay.At(hour, signal) - _means[signal]) / _deviations[signal]);
}
