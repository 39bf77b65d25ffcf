using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>
/// What is public about a round beside the model: the size of the cohort and the rows it is taken to have.
/// </summary>
/// <param name="Cohort">Hospitals whose addends may be in the sum: no sum of so many wraps around.</param>
/// <param name="CohortRows">
/// Stand-in for the number of rows of all of them, from the published row-count buckets.
/// </param>
/// <param name="PublicRows">
/// Stand-in for the number of rows behind the sum, from the published row-count buckets.
/// </param>
public readonly record struct RoundSetting(int Cohort, double CohortRows, double PublicRows);

/// <summary>How many hospitals a round has.</summary>
/// <param name="Hospitals">Hospitals that the round was opened for.</param>
/// <param name="Fewest">Hospitals below which its sum is not opened.</param>
public readonly record struct CohortSize(int Hospitals, int Fewest);

/// <summary>What a node computes its addend from. It never leaves the node.</summary>
/// <param name="Train">Training rows in the contract's units.</param>
/// <param name="Test">Held-out rows in the contract's units.</param>
/// <param name="Batches">Stream that draws mini-batches.</param>
/// <param name="Noise">Stream that draws differential-privacy noise.</param>
public sealed record LocalInputs(Table Train, Table Test, PhiloxStream Batches, RandomBits Noise);

/// <summary>The noise that a round's opened sum carries, as logged.</summary>
/// <param name="Sigma">Standard deviation, in units of the statistic, that an adversary faces per coordinate.</param>
/// <param name="Clip">L2 sensitivity of the statistic to one patient.</param>
/// <param name="NoiseMultiplier">σ/C.</param>
/// <param name="SigmaGrid">σ in units of the integer grid on which the noise is drawn.</param>
/// <param name="Coordinates">Noised coordinates per round.</param>
/// <param name="Concentrated">Whether the grid is too coarse for the continuous formula, so that zCDP accounts.</param>
public sealed record RoundNoise(
    double Sigma, double Clip, double NoiseMultiplier, double SigmaGrid, int Coordinates, bool Concentrated = false)
{
    /// <summary>The noise of a sum whose survivors are more than the fewest that σ was promised for.</summary>
    /// <remarks>
    /// Of s survivors s − 1 have shares that one of them can't subtract: distributed noise grows by
    /// √((s − 1)/(fewest − 1)). With local noise a hospital's guarantee does not depend on the others.
    /// </remarks>
    public RoundNoise With(NoisePlacement placement, CohortSize cohort, int survivors)
    {
        double growth = placement == NoisePlacement.Local ? 1 : Math.Sqrt((survivors - 1.0) / (cohort.Fewest - 1.0));
        return this with
        {
            Sigma = Sigma * growth,
            NoiseMultiplier = NoiseMultiplier * growth,
            SigmaGrid = SigmaGrid * growth,
        };
    }

    /// <summary>Books one such release.</summary>
    public void Spend(GaussianAccountant accountant)
    {
        if (Concentrated)
        {
            accountant.SpendConcentrated(NoiseMultiplier);
        }
        else
        {
            accountant.Spend(NoiseMultiplier, Coordinates, SigmaGrid);
        }
    }
}

/// <summary>One kind of round: the node's half and the public half side by side.</summary>
/// <remarks>
/// The public half is a deterministic function of the opened sum. The coordinator runs it to step the model; every
/// node and every auditor runs it again to check the coordinator.
/// </remarks>
public abstract class RoundAlgorithm
{
    /// <summary>
    /// Fraction bits of the fixed-point statistics: 2^-37 per addend and coordinate is the rounding error.
    /// </summary>
    /// <remarks>
    /// With 36 bits a coordinate may reach 2^26 at the usual cohort sizes, far above standardised sums.
    /// </remarks>
    public const int ScaleBits = 36;

    /// <summary>
    /// Bits of a slot that holds a statistic exactly, as <see cref="Privacy.Quantisation.FixedPoint"/>.
    /// </summary>
    public const int ExactSlotBits = 64;

    /// <summary>Length of the addend in slots.</summary>
    public abstract int Words { get; }

    /// <summary>Bits of a slot: addends are summed modulo 2^SlotBits.</summary>
    public virtual int SlotBits => ExactSlotBits;

    /// <summary>The noise of this round, or null when it releases its statistic without differential privacy.</summary>
    public virtual RoundNoise? Noise => null;

    /// <summary>The noise that a sum of so many addends really carries; at least <see cref="Noise"/>.</summary>
    public virtual RoundNoise? NoiseOf(int survivors) => Noise;

    /// <summary>Node half: writes the addend, in clear, to <paramref name="words"/>.</summary>
    public abstract void Contribute(ModelState state, RoundSetting setting, LocalInputs inputs, Span<ulong> words);

    /// <summary>Public half: the next model from the opened sum.</summary>
    public abstract ModelState Advance(ModelState state, RoundSetting setting, ReadOnlySpan<ulong> sum);
}
