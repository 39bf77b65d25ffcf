namespace DigitalTwin.Ledger.Ethereum.Nodes;

/// <summary>A node refused a call and said why.</summary>
/// <param name="code">Its error code: JSON-RPC's own, or one of the node's.</param>
/// <param name="message">What it said, cut to a line.</param>
public sealed class RpcErrorException(long code, string message)
    : Exception($"The node refused: {message} (code {code})")
{
    /// <summary>The error code.</summary>
    public long Code => code;
}

/// <summary>A node gave no answer, or none that is an answer: nothing is known about what it did.</summary>
public sealed class RpcUnavailableException(string message, Exception? cause = null) : IOException(message, cause);

/// <summary>A node is not the one that was pinned, or says what its receipts do not bear out.</summary>
public sealed class ChainDistrustException(string message) : Exception(message);
