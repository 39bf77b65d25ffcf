using System.Globalization;

namespace DigitalTwin.Clinical.Contracts;

/// <summary>One input of the model: a column as it is, or 1 where a category has a given value and else 0.</summary>
public sealed record ContractFeature
{
    /// <summary>The column's name, with the value behind it for a category: <c>age</c>, <c>cp=4</c>.</summary>
    public string Name => Level is { } level
        ? string.Create(CultureInfo.InvariantCulture, $"{Column}={level}")
        : Column;

    public required string Column { get; init; }

    /// <summary>The value of the category that gives 1; null where the column is taken as it is.</summary>
    public double? Level { get; init; }

    /// <summary>A public reference mean, in the unit of the column.</summary>
    /// <remarks>A differentially private study standardises with it at no cost: it tells of no patient.</remarks>
    public required double ReferenceMean { get; init; }

    /// <summary>A public reference standard deviation, above 0, in the unit of the column.</summary>
    public required double ReferenceSd { get; init; }
}

/// <summary>What is predicted: 1 where <paramref name="Column"/> is above <paramref name="Above"/>, else 0.</summary>
public sealed record ContractLabel(string Column, double Above, string Meaning);
