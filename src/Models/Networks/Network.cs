using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Networks.Layers;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks;

/// <summary>
/// A neural network in float32: outputs, the gradient of its loss, and the clipped gradient per patient.
/// </summary>
/// <remarks>
/// The network is a shape and holds no numbers: its parameters are one flat vector that the caller owns. The same
/// description, parameters and batch give the same bits on every processor (see <see cref="Kernels.Gemm"/>).
/// </remarks>
public sealed class Network
{
    private readonly ChainLayer _layers;
    private readonly VectorWidth _width;
    private readonly bool _dependsOnPlace;

    /// <exception cref="ArgumentException">The description is refused; the message names the field.</exception>
    public Network(NetworkDescription description)
        : this(description, VectorWidths.Widest)
    {
    }

    internal Network(NetworkDescription description, VectorWidth width)
    {
        _layers = LayerFactory.Create(description);
        _width = width;
        _dependsOnPlace = _layers.DependsOnPlace;
        Loss = description.Loss;
        Blocks = [.. _layers.Blocks];
    }

    /// <summary>Length of the parameter vector.</summary>
    public int ParameterCount => _layers.ParameterCount;

    public SampleShape Input => _layers.Input;

    public SampleShape Output => _layers.Output;

    public Loss Loss { get; }

    /// <summary>The tensors within the parameter vector, in order.</summary>
    public IReadOnlyList<ParameterBlock> Blocks { get; }

    /// <summary>The parameters at which training starts; equal seeds give equal bits.</summary>
    public float[] InitialParameters(ulong seed)
    {
        float[] parameters = new float[ParameterCount];
        _layers.Initialise(parameters, new PhiloxStream(seed, stream: 0));
        return parameters;
    }

    /// <summary>Memory for batches of up to <paramref name="rows"/> rows.</summary>
    /// <param name="rows">At least 1.</param>
    /// <param name="threads">
    /// Threads that share a pass: the caller's and threads of the pool. The bits do not depend on it: rows are shared,
    /// then entries of the gradient, never a sum.
    /// </param>
    public NetworkWorkspace CreateWorkspace(int rows, int threads = 1)
    {
        RequireWorkspace(rows, threads);
        return new NetworkWorkspace(_layers, rows, threads);
    }

    /// <summary>Bytes of arrays that <see cref="CreateWorkspace"/> allocates.</summary>
    public long WorkspaceBytes(int rows, int threads = 1)
    {
        RequireWorkspace(rows, threads);
        return NetworkWorkspace.MemoryBytes(_layers, rows, threads);
    }

    /// <summary>The outputs of every row, B × size of the output, in the workspace; dropout drops nothing.</summary>
    public ReadOnlySpan<float> Forward(ReadOnlySpan<float> parameters, NetworkBatch batch, NetworkWorkspace workspace)
    {
        NetworkPass pass = PassOf(parameters, batch, workspace);
        if (batch.Rows > 0)
        {
            Begin(pass, PrivacyUnits.Of(batch.Rows, default));
            Run(pass, NetworkPhase.Forward);
        }

        return workspace.Outputs.AsSpan(0, batch.Rows * Output.Size);
    }

    /// <summary>The mean loss over the rows; its gradient overwrites <paramref name="gradient"/>.</summary>
    public double LossAndGradient(
        ReadOnlySpan<float> parameters, NetworkBatch batch, NetworkWorkspace workspace, Span<float> gradient)
    {
        NetworkPass pass = PassOf(parameters, batch, workspace, training: true);
        RequireLength(nameof(gradient), ParameterCount, gradient.Length);
        gradient.Clear();
        if (batch.Rows == 0)
        {
            return 0;
        }

        Begin(pass, PrivacyUnits.Of(batch.Rows, default));
        Run(pass, NetworkPhase.Forward);
        double loss = LossGradient(batch, workspace, 1.0 / batch.Rows);
        Run(pass, NetworkPhase.Backward);
        Run(pass, NetworkPhase.Gradient, gradient);
        return loss / batch.Rows;
    }

    /// <summary>
    /// The mean loss over the rows; the sum over patients of their gradients, each scaled down to an L2 norm of at most
    /// <paramref name="clip"/>, overwrites <paramref name="gradient"/>. No noise is added here.
    /// </summary>
    /// <remarks>
    /// A patient's gradient is the sum over the patient's rows. Abadi et al., "Deep learning with differential
    /// privacy", CCS 2016, algorithm 1, without its noise and its division by the batch. Norms are sums of floats: a
    /// patient's part may exceed the clip by the error of its norm, about 1e-4 of it (1e-3 in the worst case tested).
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// The loss mixes rows, a dropout depends on their places, or the batch does not fit.
    /// </exception>
    /// <exception cref="ArithmeticException">A patient's gradient is not finite.</exception>
    public double ClippedGradient(
        ReadOnlySpan<float> parameters,
        NetworkBatch batch,
        double clip,
        NetworkWorkspace workspace,
        Span<float> gradient)
    {
        if (!(clip > 0) || double.IsInfinity(clip))
        {
            throw new ArgumentOutOfRangeException(nameof(clip), clip, "The clip is a positive number.");
        }

        if (!Loss.IsSumOverRows)
        {
            throw new ArgumentException($"{Loss.GetType().Name} mixes rows, so there is no gradient per patient.");
        }

        // Were a patient to leave, the others would move up and get other masks: all of the sum would change.
        if (_dependsOnPlace)
        {
            throw new ArgumentException("Dropout goes by the place in the batch, so it has no part in clipping.");
        }

        NetworkPass pass = PassOf(parameters, batch, workspace, training: true, clip);
        RequireLength(nameof(gradient), ParameterCount, gradient.Length);
        PrivacyUnits units = PrivacyUnits.Of(batch.Rows, batch.Patients);
        gradient.Clear();
        if (batch.Rows == 0)
        {
            return 0;
        }

        Begin(pass, units);
        Run(pass, NetworkPhase.Forward);
        double loss = LossGradient(batch, workspace, scale: 1);
        Run(pass, NetworkPhase.BackwardAndClip);
        Run(pass, NetworkPhase.Gradient, gradient);
        return loss / batch.Rows;
    }

    /// <summary>
    /// The norms before clipping of the last <see cref="ClippedGradient"/>, squared, one per patient.
    /// </summary>
    internal static ReadOnlySpan<double> SquaredNorms(NetworkWorkspace workspace) => workspace.SquaredNorms;

    private static void Begin(in NetworkPass pass, PrivacyUnits units)
    {
        pass.Workspace.Divide(units);
        pass.Workspace.Shared?.Load(pass);
    }

    private static void Run(in NetworkPass pass, NetworkPhase phase, Span<float> gradient = default)
    {
        if (pass.Workspace.Shared is SharedPass shared)
        {
            shared.Run(phase, gradient);
        }
        else
        {
            pass.Run(phase, part: 0, gradient);
        }
    }

    private double LossGradient(NetworkBatch batch, NetworkWorkspace workspace, double scale)
    {
        int size = batch.Rows * Output.Size;
        Span<double> outputs = workspace.LossOutputs.AsSpan(0, size);
        Span<double> gradient = workspace.LossGradient.AsSpan(0, size);
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = workspace.Outputs[i];
        }

        double loss = Loss.LossAndGradient(batch.Rows, outputs, batch.Targets, gradient);
        for (int i = 0; i < gradient.Length; i++)
        {
            workspace.OutputGradient[i] = (float)(gradient[i] * scale);
        }

        return loss;
    }

    private NetworkPass PassOf(
        ReadOnlySpan<float> parameters,
        NetworkBatch batch,
        NetworkWorkspace workspace,
        bool training = false,
        double clip = 0)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        if (batch.Rows < 0 || batch.Rows > workspace.Rows)
        {
            throw new ArgumentException($"Expected 0 to {workspace.Rows} rows, got {batch.Rows}.", nameof(batch));
        }

        RequireLength(nameof(parameters), ParameterCount, parameters.Length);
        RequireLength("inputs", checked(batch.Rows * Input.Size), batch.Inputs.Length);
        if (!batch.StepMask.IsEmpty)
        {
            RequireLength("entries of the step mask", checked(batch.Rows * Input.Steps), batch.StepMask.Length);
        }

        return new NetworkPass
        {
            Layers = _layers,
            Width = _width,
            Parameters = parameters,
            Batch = batch,
            Workspace = workspace,
            Training = training,
            Clip = clip,
        };
    }

    private void RequireWorkspace(int rows, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        if (threads > 1 && _layers.KeptSize(rows) != (long)rows * _layers.KeptSize(1))
        {
            throw new NotSupportedException("A layer keeps more than its share of a row, so threads can't share rows.");
        }
    }

    private static void RequireLength(string what, int expected, int length)
    {
        if (length != expected)
        {
            throw new ArgumentException($"Expected {expected} {what}, got {length}.");
        }
    }
}
