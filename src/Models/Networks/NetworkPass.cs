using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Networks.Layers;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Networks.Threads;

namespace DigitalTwin.Models.Networks;

/// <summary>One batch on its way through a network: what the phases of a pass read.</summary>
internal readonly ref struct NetworkPass
{
    public required ChainLayer Layers { get; init; }

    public required VectorWidth Width { get; init; }

    public required ReadOnlySpan<float> Parameters { get; init; }

    public required NetworkBatch Batch { get; init; }

    public required NetworkWorkspace Workspace { get; init; }

    public bool Training { get; init; }

    /// <summary>The largest norm of a patient's gradient, where there is clipping.</summary>
    public double Clip { get; init; }

    /// <summary>Does one part of the workspace's.</summary>
    public void Run(NetworkPhase phase, int part, Span<float> gradient)
    {
        if (phase == NetworkPhase.Gradient)
        {
            AddGradient(new(part, Workspace.Parts), gradient);
            return;
        }

        LayerFrame frame = FrameOf(part, part);
        if (frame.Rows == 0)
        {
            return;
        }

        switch (phase)
        {
            case NetworkPhase.Forward:
                Layers.Forward(frame);
                break;
            case NetworkPhase.Backward:
                Layers.BackwardInput(frame);
                break;
            case NetworkPhase.BackwardAndClip:
                Layers.BackwardInput(frame);
                ClipRows(frame);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(phase), phase, "Unknown phase.");
        }
    }

    private void ClipRows(in LayerFrame frame)
    {
        PrivacyUnits units = PrivacyUnits.Of(Batch.Rows, Batch.Patients).Part(frame.FirstRow, frame.Rows);
        Span<double> squaredNorms = Workspace.SquaredNorms.AsSpan(units.FirstUnit, units.Count);
        squaredNorms.Clear();
        Layers.AddSquaredNorms(frame, units, squaredNorms);
        Span<float> factors = Workspace.Factors.AsSpan(frame.FirstRow, frame.Rows);
        ClipFactors.Write(units, squaredNorms, Clip, factors);
        Layers.ScaleDeltas(frame, factors);
    }

    // Parts in their order: the sums run over all rows in theirs.
    private void AddGradient(WorkShare share, Span<float> gradient)
    {
        for (int part = 0; part < Workspace.Parts; part++)
        {
            LayerFrame frame = FrameOf(part, share.Index);
            if (frame.Rows > 0)
            {
                Layers.BackwardParameters(frame, share, gradient);
            }
        }
    }

    private LayerFrame FrameOf(int part, int scratch)
    {
        int first = Workspace.FirstRowOf(part);
        int rows = Workspace.FirstRowOf(part + 1) - first;
        int outputs = Layers.Output.Size;
        int steps = Batch.StepMask.IsEmpty ? 0 : Layers.Input.Steps;
        return new LayerFrame
        {
            Width = Width,
            Rows = rows,
            FirstRow = first,
            Parameters = Parameters,
            Input = Batch.Inputs.Slice(first * Layers.Input.Size, rows * Layers.Input.Size),
            Output = Workspace.Outputs.AsSpan(first * outputs, rows * outputs),
            OutputGradient = Workspace.OutputGradient.AsSpan(first * outputs, rows * outputs),
            Kept = Workspace.Kept.AsSpan(Layers.KeptSize(first), Layers.KeptSize(rows)),
            Scratch = Workspace.ScratchOf(scratch),
            StepMask = Batch.StepMask.Slice(first * steps, rows * steps),
            Training = Training,
            DropoutSeed = Batch.DropoutSeed,
            DropoutStep = Batch.DropoutStep,
        };
    }
}
