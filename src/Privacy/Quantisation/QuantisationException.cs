namespace DigitalTwin.Privacy.Quantisation;

/// <summary>A real number cannot be carried over to the integers that are summed.</summary>
public sealed class QuantisationException(int index, string message) : Exception(message)
{
    /// <summary>Position of the offending value in the vector.</summary>
    public int Index { get; } = index;
}
