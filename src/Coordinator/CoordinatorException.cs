namespace DigitalTwin.Coordinator;

/// <summary>
/// The coordinator can't do what its operator asked; the message is one sentence that says what to do.
/// </summary>
public sealed class CoordinatorException : Exception
{
    public CoordinatorException(string message)
        : base(message)
    {
    }

    public CoordinatorException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
