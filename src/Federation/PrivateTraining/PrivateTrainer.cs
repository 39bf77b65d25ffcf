using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

namespace DigitalTwin.Federation.PrivateTraining;

/// <summary>
/// Trains a network on one hospital's patients so that the parameters hardly depend on any one of them.
/// </summary>
/// <remarks>
/// <para>
/// DP-SGD: Abadi et al., "Deep Learning with Differential Privacy", CCS 2016, algorithm 1. A step draws patients, takes
/// each one's gradient over all of the patient's rows, clips it, adds up, adds noise, divides by the expected batch and
/// hands the result to the optimiser. An empty batch gets its noise as any other. DP-FTRL differs in who is drawn and
/// in the noise: Kairouz et al. 2021, see <see cref="PlannedRelease"/>.
/// </para>
/// <para>
/// <b>The bound is exact.</b> A patient's gradient is computed without the others (<see cref="PatientGradient"/>), put
/// on an integer grid with its norm checked in integers (<see cref="GradientClipping"/>), and integers are added.
/// So the sum is the same in whatever order and pieces a batch is worked through, a batch takes the memory of one
/// patient however large it is, and the errors of float norms and float sums are outside of the guarantee's way: they
/// decide what is learned, never how much of it one patient can be.
/// </para>
/// <para>Neighbours differ by one patient, added or removed, with all rows. Not safe for concurrent use.</para>
/// </remarks>
public sealed class PrivateTrainer
{
    private readonly PrivateTrainerParts _parts;
    private readonly PatientGradient _patient;
    private readonly float[] _parameters;
    private readonly float[] _gradient;
    private readonly long[] _sum;
    private readonly double[] _released;

    /// <summary>DP-SGD with Poisson-sampled batches.</summary>
    /// <param name="network">The network.</param>
    /// <param name="rows">The hospital's rows, grouped by patient.</param>
    /// <param name="initial">The parameters at which training starts; they must not depend on the rows.</param>
    /// <param name="optimiser">Turns the noisy mean gradient into a step.</param>
    /// <param name="bound">How a patient's gradient is clipped.</param>
    /// <param name="settings">Sampling, noise and divisor.</param>
    /// <param name="key">Where batches and noise come from.</param>
    /// <exception cref="ArgumentException">The parts do not fit one another, or the loss mixes rows.</exception>
    public PrivateTrainer(
        Network network,
        PatientRows rows,
        ReadOnlySpan<float> initial,
        Optimiser optimiser,
        GradientBound bound,
        PrivateTrainingSettings settings,
        TrainingKey key)
        : this(PoissonParts(network, rows, optimiser, bound, settings, key), initial)
    {
    }

    /// <summary>DP-FTRL: every patient once an epoch, noise correlated between the steps.</summary>
    /// <param name="network">The network.</param>
    /// <param name="rows">The hospital's rows, grouped by patient.</param>
    /// <param name="initial">The parameters at which training starts; they must not depend on the rows.</param>
    /// <param name="optimiser">Turns the noisy mean gradient into a step.</param>
    /// <param name="bound">How a patient's gradient is clipped.</param>
    /// <param name="settings">Plan, noise and divisor.</param>
    /// <param name="key">Where batches and noise come from.</param>
    /// <exception cref="ArgumentException">The parts do not fit one another, or the loss mixes rows.</exception>
    public PrivateTrainer(
        Network network,
        PatientRows rows,
        ReadOnlySpan<float> initial,
        Optimiser optimiser,
        GradientBound bound,
        PlannedTrainingSettings settings,
        TrainingKey key)
        : this(PlannedParts(network, rows, optimiser, bound, settings, key), initial)
    {
    }

    internal PrivateTrainer(PrivateTrainerParts parts, ReadOnlySpan<float> initial)
    {
        _parts = parts;
        _patient = new PatientGradient(parts.Network, parts.Rows);
        int parameters = parts.Network.ParameterCount;
        if (initial.Length != parameters || parts.Bound.Parameters != parameters
            || parts.Release.Coordinates != parts.Bound.Coordinates)
        {
            throw new ArgumentException(
                $"The network has {parameters} parameters; {initial.Length} were given, {parts.Bound.Parameters} are "
                    + $"clipped to {parts.Bound.Coordinates} integers, and {parts.Release.Coordinates} are released.");
        }

        _parameters = initial.ToArray();
        _gradient = new float[parameters];
        _sum = new long[parts.Bound.Coordinates];
        _released = new double[parts.Bound.Coordinates];
    }

    /// <summary>The parameters after the steps so far: what the guarantee is about.</summary>
    public ReadOnlySpan<float> Parameters => _parameters;

    /// <summary>How many steps have been made; one that failed before anything was released is none.</summary>
    public int Steps => _parts.Release.Steps;

    /// <summary>What the steps so far cost one patient, for continuous noise; for any accountant.</summary>
    public PrivacyComposition Releases => _parts.Batches.Releases;

    /// <summary>What drawing the noise on a grid adds to δ (<see cref="EulerMaclaurinSlack"/>).</summary>
    public double GridSlack => _parts.Batches.GridSlack;

    /// <summary>Bounds of ε for the steps so far; the grid is paid for out of δ.</summary>
    /// <param name="delta">δ, above <see cref="GridSlack"/> and below one.</param>
    /// <exception cref="ArgumentOutOfRangeException">δ does not cover the grid.</exception>
    public EpsilonBounds Epsilon(double delta)
    {
        double left = delta - GridSlack;
        return left > 0
            ? PrivacyLossAccountant.Epsilon(Releases, left) ?? throw new InvalidOperationException(
                "The releases have no privacy loss distribution.")
            : throw new ArgumentOutOfRangeException(
                nameof(delta), delta, FormattableString.Invariant($"The grid alone costs {GridSlack:0.0e0}."));
    }

    /// <summary>One step.</summary>
    /// <param name="learningRate">For the optimiser.</param>
    public StepFigures Step(double learningRate)
    {
        int step = Steps;
        IReadOnlyList<int> batch = _parts.Batches.Draw(step);
        Array.Clear(_sum);
        int clipped = 0;
        int notFinite = 0;
        double loss = 0;
        foreach (int patient in batch)
        {
            double ofPatient = _patient.Write(_parameters, patient, _parts.DropoutSeed, step, _gradient);
            ClipOutcome outcome = _parts.Bound.AddClipped(_gradient, _sum);
            clipped += outcome == ClipOutcome.Clipped ? 1 : 0;
            notFinite += outcome == ClipOutcome.NotFinite ? 1 : 0;
            loss += outcome == ClipOutcome.NotFinite ? 0 : ofPatient;
        }

        _parts.Release.Release(_sum, _released);
        _parts.Bound.Read(_released, _parts.Divisor(batch.Count), _gradient);
        _parts.Optimiser.Step(_parameters, _gradient, learningRate);
        return new StepFigures(batch.Count, clipped, notFinite, loss);
    }

    private static PrivateTrainerParts PoissonParts(
        Network network,
        PatientRows rows,
        Optimiser optimiser,
        GradientBound bound,
        PrivateTrainingSettings settings,
        TrainingKey key)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(bound);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(key);
        IndependentRelease release = new(bound.Coordinates, bound.SensitivityGrid, settings.NoiseMultiplier, key.Noise);
        return new PrivateTrainerParts
        {
            Network = network,
            Rows = rows,
            Optimiser = optimiser,
            Bound = bound,
            Batches = new PoissonBatches(settings.Sampling, rows.Patients, release, key),
            Release = release,
            Divisor = _ => settings.ExpectedBatch,
            DropoutSeed = settings.DropoutSeed,
        };
    }

    private static PrivateTrainerParts PlannedParts(
        Network network,
        PatientRows rows,
        Optimiser optimiser,
        GradientBound bound,
        PlannedTrainingSettings settings,
        TrainingKey key)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(bound);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(key);
        PlannedRelease release = settings.Band is { } band
            ? new BandedRelease(
                bound.Coordinates, bound.SensitivityGrid, settings.NoiseMultiplier, settings.Plan, band, key.Noise)
            : new TreeRelease(
                bound.Coordinates, bound.SensitivityGrid, settings.NoiseMultiplier, settings.Plan, key.Noise);
        return new PrivateTrainerParts
        {
            Network = network,
            Rows = rows,
            Optimiser = optimiser,
            Bound = bound,
            Batches = new PlannedBatches(rows.Patients, release, key),
            Release = release,
            Divisor = _ => settings.ExpectedBatch,
            DropoutSeed = settings.DropoutSeed,
        };
    }
}
