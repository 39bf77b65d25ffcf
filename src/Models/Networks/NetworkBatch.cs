namespace DigitalTwin.Models.Networks;

/// <summary>The rows that one step of training reads.</summary>
public readonly ref struct NetworkBatch
{
    /// <summary>B, at most the rows of the workspace; 0 is allowed, as a Poisson sample may be empty.</summary>
    public required int Rows { get; init; }

    /// <summary>B × size of the network's input.</summary>
    public required ReadOnlySpan<float> Inputs { get; init; }

    /// <summary>B × the loss's target size; may be empty where only outputs are asked for.</summary>
    public ReadOnlySpan<float> Targets { get; init; }

    /// <summary>B × steps, 1 where a step was observed and 0 where it is padding; empty: all observed.</summary>
    public ReadOnlySpan<float> StepMask { get; init; }

    /// <summary>For each row its patient, numbered 0, 1, 2, ... in order; empty: every row its own patient.</summary>
    public ReadOnlySpan<int> Patients { get; init; }

    /// <summary>Key of dropout's masks; the same seed and step drop the same entries again.</summary>
    public ulong DropoutSeed { get; init; }

    /// <summary>Number of the step of training.</summary>
    public ulong DropoutStep { get; init; }
}
