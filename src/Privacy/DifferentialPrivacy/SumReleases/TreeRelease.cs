using System.Numerics;

namespace DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

/// <summary>Tree aggregation, a tree per epoch: a prefix sum is a few noisy sums over dyadic runs of steps.</summary>
/// <remarks>
/// <para>
/// Dwork, Naor, Pitassi and Rothblum, STOC 2010, and Chan, Shi and Song, ICALP 2010; for training Kairouz, McMahan,
/// Song, Thakkar, Thakurta and Xu, "Practical and Private (Deep) Learning Without Sampling or Shuffling", ICML 2021
/// (DP-FTRL, with restarts). Counted from 1 in an epoch of n steps, step t adds the node of the 2^k steps up to t,
/// where 2^k is the largest power of two that divides t, and drops the nodes within it; the prefix sum up to t is
/// the sum of those that are left. A step lies in at most ⌊log₂ n⌋ + 1 nodes, so C·G has sensitivity √((⌊log₂ n⌋ +
/// 1)·epochs) clips. Nodes of which no prefix is made are not released.
/// </para>
/// <para>
/// What <see cref="SumRelease.Release"/> writes is the difference of two noisy prefix sums: a step of plain gradient
/// descent by it is the paper's algorithm without momentum.
/// </para>
/// </remarks>
public sealed class TreeRelease : PlannedRelease
{
    private readonly long[][] _noises;

    /// <param name="coordinates">Length of a sum.</param>
    /// <param name="clipGrid">What one patient adds to a sum at most, in grid units.</param>
    /// <param name="noiseMultiplier">σ of a node's noise over the sensitivity of the whole run.</param>
    /// <param name="plan">Steps and epochs.</param>
    /// <param name="noiseOfStep">The bits of each step; a source of its own per step.</param>
    public TreeRelease(
        int coordinates,
        double clipGrid,
        double noiseMultiplier,
        TrainingPlan plan,
        Func<int, RandomBits> noiseOfStep)
        : base(coordinates, clipGrid, noiseMultiplier, plan, SquaredSensitivity(plan), noiseOfStep)
    {
        _noises = new long[Levels(plan)][];
        for (int level = 0; level < _noises.Length; level++)
        {
            _noises[level] = new long[coordinates];
        }
    }

    /// <summary>The square of the sensitivity of a run, in units of one patient's clip.</summary>
    public static int SquaredSensitivity(TrainingPlan plan) => Levels(plan) * plan.Epochs;

    protected override void ReleaseSum(int number, ReadOnlySpan<long> sum, Span<double> released)
    {
        int inEpoch = number % Plan.StepsOfEpoch;
        if (inEpoch == 0)
        {
            // The last prefix keeps its noise; the new tree adds to it.
            foreach (long[] noise in _noises)
            {
                Array.Clear(noise);
            }
        }

        int level = BitOperations.TrailingZeroCount(inEpoch + 1);
        long[] fresh = _noises[level];
        DrawNoise(number, fresh);
        for (int i = 0; i < sum.Length; i++)
        {
            long change = fresh[i];
            for (int below = 0; below < level; below++)
            {
                change -= _noises[below][i];
                _noises[below][i] = 0;
            }

            released[i] = sum[i] + change;
        }
    }

    private static int Levels(TrainingPlan plan) => BitOperations.Log2((uint)plan.StepsOfEpoch) + 1;
}
