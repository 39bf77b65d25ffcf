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
    public NetworkWorkspace CreateWorkspace(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        return new NetworkWorkspace(rows, Output.Size, _layers.KeptSize(rows), _layers.ScratchSize(rows));
    }

    /// <summary>The outputs of every row, B × size of the output, in the workspace; dropout drops nothing.</summary>
    public ReadOnlySpan<float> Forward(ReadOnlySpan<float> parameters, NetworkBatch batch, NetworkWorkspace workspace)
    {
        LayerFrame frame = FrameOf(parameters, batch, workspace);
        if (batch.Rows > 0)
        {
            _layers.Forward(frame);
        }

        return frame.Output;
    }

    /// <summary>The mean loss over the rows; its gradient overwrites <paramref name="gradient"/>.</summary>
    public double LossAndGradient(
        ReadOnlySpan<float> parameters, NetworkBatch batch, NetworkWorkspace workspace, Span<float> gradient)
    {
        LayerFrame frame = FrameOf(parameters, batch, workspace);
        RequireLength(nameof(gradient), ParameterCount, gradient.Length);
        gradient.Clear();
        if (batch.Rows == 0)
        {
            return 0;
        }

        frame.Training = true;
        _layers.Forward(frame);
        double loss = LossGradient(frame, batch, workspace, 1.0 / batch.Rows);
        _layers.BackwardInput(frame);
        _layers.BackwardParameters(frame, gradient);
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

        LayerFrame frame = FrameOf(parameters, batch, workspace);
        RequireLength(nameof(gradient), ParameterCount, gradient.Length);
        PrivacyUnits units = PrivacyUnits.Of(batch.Rows, batch.Patients);
        gradient.Clear();
        if (batch.Rows == 0)
        {
            return 0;
        }

        frame.Training = true;
        _layers.Forward(frame);
        double loss = LossGradient(frame, batch, workspace, scale: 1);
        _layers.BackwardInput(frame);

        Span<double> squaredNorms = workspace.SquaredNorms.AsSpan(0, units.Count);
        squaredNorms.Clear();
        _layers.AddSquaredNorms(frame, units, squaredNorms);
        Span<float> factors = workspace.Factors.AsSpan(0, batch.Rows);
        ClipFactors.Write(units, squaredNorms, clip, factors);
        _layers.ScaleDeltas(frame, factors);
        _layers.BackwardParameters(frame, gradient);
        return loss / batch.Rows;
    }

    /// <summary>
    /// The norms before clipping of the last <see cref="ClippedGradient"/>, squared, one per patient.
    /// </summary>
    internal static ReadOnlySpan<double> SquaredNorms(NetworkWorkspace workspace) => workspace.SquaredNorms;

    private double LossGradient(in LayerFrame frame, NetworkBatch batch, NetworkWorkspace workspace, double scale)
    {
        Span<double> outputs = workspace.LossOutputs.AsSpan(0, frame.Output.Length);
        Span<double> gradient = workspace.LossGradient.AsSpan(0, frame.Output.Length);
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = frame.Output[i];
        }

        double loss = Loss.LossAndGradient(batch.Rows, outputs, batch.Targets, gradient);
        for (int i = 0; i < gradient.Length; i++)
        {
            frame.OutputGradient[i] = (float)(gradient[i] * scale);
        }

        return loss;
    }

    private LayerFrame FrameOf(ReadOnlySpan<float> parameters, NetworkBatch batch, NetworkWorkspace workspace)
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

        return new LayerFrame
        {
            Width = _width,
            Rows = batch.Rows,
            Parameters = parameters,
            Input = batch.Inputs,
            Output = workspace.Outputs.AsSpan(0, batch.Rows * Output.Size),
            OutputGradient = workspace.OutputGradient.AsSpan(0, batch.Rows * Output.Size),
            Kept = workspace.Kept.AsSpan(0, _layers.KeptSize(batch.Rows)),
            Scratch = workspace.Scratch,
            StepMask = batch.StepMask,
            DropoutSeed = batch.DropoutSeed,
            DropoutStep = batch.DropoutStep,
        };
    }

    private static void RequireLength(string what, int expected, int length)
    {
        if (length != expected)
        {
            throw new ArgumentException($"Expected {expected} {what}, got {length}.");
        }
    }
}
