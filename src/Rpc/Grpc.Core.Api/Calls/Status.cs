namespace Grpc.Core;

/// <summary>How a call ended: a code, a sentence, and on the side that failed the exception behind them.</summary>
public readonly struct Status
{
    /// <summary>Success, without a sentence.</summary>
    public static readonly Status DefaultSuccess = new(StatusCode.OK, "");

    /// <summary>Cancelled, without a sentence.</summary>
    public static readonly Status DefaultCancelled = new(StatusCode.Cancelled, "");

    private readonly string? _detail;

    /// <summary>A status without an exception.</summary>
    public Status(StatusCode statusCode, string detail)
        : this(statusCode, detail, debugException: null)
    {
    }

    /// <summary>A status with the exception that led to it.</summary>
    /// <param name="statusCode">The code.</param>
    /// <param name="detail">The sentence that the peer gets to read.</param>
    /// <param name="debugException">The local cause. It never goes over the wire.</param>
    public Status(StatusCode statusCode, string detail, Exception? debugException)
    {
        StatusCode = statusCode;
        _detail = detail;
        DebugException = debugException;
    }

    /// <summary>The code.</summary>
    public StatusCode StatusCode { get; }

    /// <summary>The sentence; empty where there is none.</summary>
    public string Detail => _detail ?? "";

    /// <summary>The local cause, for logs only. A status that came over the wire has none of the peer's.</summary>
    public Exception? DebugException { get; }

    /// <inheritdoc />
    public override string ToString()
    {
        return DebugException is null
            ? $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\")"
            : $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\", DebugException=\"{DebugException}\")";
    }
}
