namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>The nodes or keys that a node is asked to sum with would not protect its update, so it refuses.</summary>
public sealed class CohortException(string message, Exception? innerException = null)
    : Exception(message, innerException);
