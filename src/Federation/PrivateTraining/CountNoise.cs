namespace DigitalTwin.Federation.PrivateTraining;

/// <summary>How one step's noise is split between the gradients and the count of <see cref="QuantileBound"/>.</summary>
/// <remarks>Andrew et al. 2021, theorem 1: z_Δ = (z^−2 − (2σ_b)^−2)^(−1/2).</remarks>
public readonly record struct CountNoise
{
    /// <param name="total">z: the noise multiplier of the whole step, as the trainer gets it.</param>
    /// <param name="count">σ_b, patients; the paper takes a twentieth of the expected batch.</param>
    /// <exception cref="ArgumentOutOfRangeException">σ_b is not above z/2: the count alone would cost more.</exception>
    public CountNoise(double total, double count)
    {
        if (!(total > 0) || !(2 * count > total) || double.IsInfinity(count))
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, "The count's noise is above half the total.");
        }

        Total = total;
        Count = count;
        GradientMultiplier = 1 / Math.Sqrt((1 / (total * total)) - (1 / (4 * count * count)));
    }

    /// <summary>z.</summary>
    public double Total { get; }

    /// <summary>σ_b.</summary>
    public double Count { get; }

    /// <summary>z_Δ.</summary>
    public double GradientMultiplier { get; }
}
