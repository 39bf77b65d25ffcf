namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>A sum cannot be unmasked from what was revealed; the sum is left as it was.</summary>
/// <remarks>
/// Where a holder gave something wrong, the caller may leave that holder's reveal out and try again: any threshold of
/// holders will do.
/// </remarks>
/// <param name="message">Who gave what wrong, or how many shares are missing.</param>
/// <param name="sites">Names of the nodes at fault, or of those that have not revealed, in ordinal order.</param>
public sealed class UnmaskingException(
    string message,
    IReadOnlyList<string> sites,
    Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>
    /// The nodes at fault, or those whose shares are missing, in ordinal order; empty for the caller's.
    /// </summary>
    public IReadOnlyList<string> Sites { get; } = sites;
}
