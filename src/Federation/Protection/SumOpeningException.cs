namespace DigitalTwin.Federation.Protection;

/// <summary>Addends and openings of a round do not give its sum.</summary>
/// <param name="sites">Hospitals at fault, where that can be told; else empty.</param>
public sealed class SumOpeningException(
    string message, IReadOnlyList<string>? sites = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    public IReadOnlyList<string> Sites { get; } = sites ?? [];
}
