namespace DigitalTwin.Clinical.Contracts;

/// <summary>
/// Measurements over time that a patient brings beside the columns: a grid of equal steps from admission.
/// </summary>
public sealed record ContractSeries
{
    /// <summary>The column that says which patient a measurement belongs to.</summary>
    public required string Record { get; init; }

    /// <summary>Length of the window; a later measurement is not read.</summary>
    public required int Hours { get; init; }

    /// <summary>Length of a step; several values of a signal within one are averaged.</summary>
    public required int StepMinutes { get; init; }

    /// <summary>What is measured, in the order of every vector of a study.</summary>
    public required IReadOnlyList<ContractSignal> Signals { get; init; }

    /// <summary>Steps of the window, at least 2.</summary>
    public int Steps => Hours * 60 / StepMinutes;

    /// <summary>In hours: what a model sees as a gap of 1, an eighth of the window.</summary>
    /// <remarks>Of 48 hours 6, about the time between two blood samples: decays of GRU-D then start near 1.</remarks>
    public double UnitOfGaps => Hours / 8.0;
}

/// <summary>One thing that is measured again and again.</summary>
public sealed record ContractSignal
{
    /// <summary>The short name, unique in the contract.</summary>
    public required string Name { get; init; }

    /// <summary>How the hospital's file names it.</summary>
    public required string Written { get; init; }

    public required string Description { get; init; }

    /// <summary>What it measures, in a code system that others share.</summary>
    public required CodedConcept Code { get; init; }

    /// <summary>The unit in UCUM.</summary>
    public required string Unit { get; init; }

    /// <summary>What is believable, in <see cref="Unit"/>; a value outside is not read.</summary>
    public required PlausibleRange Range { get; init; }

    /// <summary>A public reference mean, in <see cref="Unit"/>: also what stands before the first value.</summary>
    public required double ReferenceMean { get; init; }

    /// <summary>A public reference standard deviation, above 0, in <see cref="Unit"/>.</summary>
    public required double ReferenceSd { get; init; }
}

/// <summary>
/// One number of each vector of a study, for each step of a series, with its public reference values.
/// </summary>
public sealed record ContractInput(string Name, double ReferenceMean, double ReferenceSd);
