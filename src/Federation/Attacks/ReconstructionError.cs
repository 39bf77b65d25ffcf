namespace DigitalTwin.Federation.Attacks;

/// <summary>How near reconstructed rows come to the true ones.</summary>
/// <param name="MeanSquare"> For each true row the mean squared error per feature of the reconstructed row that is
/// nearest to it, averaged over the rows; in squared standard deviations where the features are standardised.
/// </param>
/// <param name="Recovered">Share of the true rows whose nearest one errs by less than <see cref="Near"/>.</param>
public readonly record struct ReconstructionError(double MeanSquare, double Recovered)
{
    /// <summary>A tenth of a standard deviation in every feature, squared.</summary>
    public const double Near = 0.01;

    /// <summary>Compares rows of <paramref name="columns"/> features; the attacker need not know their order.</summary>
    /// <remarks>
    /// One reconstructed row may be nearest to several true ones, which favours the attacker. Rows of features have no
    /// peak signal, so there is no PSNR as for pictures. Whatever the attack, guessing rows of like patients has an
    /// error of its own, the smaller the more are guessed: compare with that.
    /// </remarks>
    public static ReconstructionError Of(
        ReadOnlySpan<double> truth, ReadOnlySpan<double> reconstructed, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (truth.IsEmpty || reconstructed.IsEmpty || truth.Length % columns + reconstructed.Length % columns != 0)
        {
            throw new ArgumentException(
                $"Expected rows of {columns} features, got {truth.Length} and {reconstructed.Length} numbers.");
        }

        double sum = 0;
        int near = 0;
        for (int row = 0; row < truth.Length; row += columns)
        {
            double least = double.PositiveInfinity;
            for (int guess = 0; guess < reconstructed.Length; guess += columns)
            {
                least = Math.Min(
                    least, MeanSquareOf(truth.Slice(row, columns), reconstructed.Slice(guess, columns)));
            }

            sum += least;
            near += least < Near ? 1 : 0;
        }

        int rows = truth.Length / columns;
        return new ReconstructionError(sum / rows, (double)near / rows);
    }

    private static double MeanSquareOf(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        double sum = 0;
        for (int i = 0; i < left.Length; i++)
        {
            sum += (left[i] - right[i]) * (left[i] - right[i]);
        }

        return sum / left.Length;
    }
}
