namespace DigitalTwin.HospitalNode;

/// <summary>The coordinator answered and said no.</summary>
public sealed class EnrolmentRefusedException(string reason, Exception cause) : Exception(reason, cause);

/// <summary>The node can't do what its operator asked; the message is one sentence that says what to do.</summary>
public sealed class NodeException : Exception
{
    public NodeException(string message)
        : base(message)
    {
    }

    public NodeException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
