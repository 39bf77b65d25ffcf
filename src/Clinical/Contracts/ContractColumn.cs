namespace DigitalTwin.Clinical.Contracts;

/// <summary>One column of the hospital's file: what it means, how it is written and what is believable.</summary>
public sealed record ContractColumn
{
    /// <summary>The short name, unique in the contract.</summary>
    public required string Name { get; init; }

    public required string Description { get; init; }

    /// <summary>What the column measures, in a code system that others share.</summary>
    public required CodedConcept Code { get; init; }

    /// <summary>The unit in UCUM, such as <c>mm[Hg]</c>; <c>1</c> where there is none.</summary>
    public required string Unit { get; init; }

    public required ColumnType Type { get; init; }

    /// <summary>The plausible range of a number, in <see cref="Unit"/>; null for a category or identifier.</summary>
    public PlausibleRange? Range { get; init; }

    /// <summary>Every value a category may take, in the order of the contract; empty for a number.</summary>
    public IReadOnlyList<CategoryValue> Values { get; init; } = [];

    /// <summary>The value that was written where nothing was measured, or null where there is none.</summary>
    public HiddenMissing? HiddenMissing { get; init; }

    /// <summary>Whether the value was known before the outcome; a later one gives the outcome away.</summary>
    public MeasuredWhen Measured { get; init; }

    /// <summary>Whether the column is in the file but is not read.</summary>
    public bool IsDropped { get; init; }
}

/// <summary>A code, the system it belongs to, and its name there.</summary>
/// <remarks>The system is LOINC, SNOMED CT, or <c>urn:digitaltwin:local</c> where none fits.</remarks>
public sealed record CodedConcept(string System, string Code, string Display);

/// <summary>Bounds of what is believable, both included.</summary>
public readonly record struct PlausibleRange(double From, double To)
{
    public bool Contains(double value) => value >= From && value <= To;
}

/// <summary>One value of a category and what it stands for.</summary>
public readonly record struct CategoryValue(double Value, string Meaning);

/// <summary>A number that looks like a measurement and is none, and what to do with it.</summary>
public readonly record struct HiddenMissing(double Value, HiddenMissingTreatment Treat);

public enum HiddenMissingTreatment
{
    /// <summary>The row is kept as it is and counted in a flag.</summary>
    Flag,

    /// <summary>The value counts as missing, so the row is excluded and reported.</summary>
    Missing,
}

public enum ColumnType
{
    /// <summary>A decimal number.</summary>
    Number,

    /// <summary>A whole number, also when it is written <c>63.0</c>.</summary>
    WholeNumber,

    /// <summary>A number that stands for one of a few named values.</summary>
    Category,

    /// <summary>A text that names the patient in the hospital's own files; it never becomes an input.</summary>
    Identifier,
}

public enum MeasuredWhen
{
    BeforeOutcome,
    AfterOutcome,
}

/// <summary>What to do with a row whose value lies outside the plausible range.</summary>
public enum OutOfRangeTreatment
{
    /// <summary>The row is left out and reported.</summary>
    Exclude,

    /// <summary>The row is kept and reported.</summary>
    Flag,
}
