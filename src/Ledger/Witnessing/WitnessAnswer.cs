using System.Globalization;

namespace DigitalTwin.Ledger.Witnessing;

/// <summary>What a witness answers: an HTTP status, a content type and a body.</summary>
/// <remarks>The statuses of <c>add-checkpoint</c>, C2SP tlog-witness v1.0.0.</remarks>
public sealed record WitnessAnswer(int Status, string ContentType, string Body)
{
    /// <summary>The content type of the size that a conflict answers with.</summary>
    public const string SizeType = "text/x.tlog.size";

    private const string PlainText = "text/plain; charset=utf-8";

    /// <summary>200: the signature lines of this witness.</summary>
    public static WitnessAnswer Cosigned(string line) => new(200, PlainText, line + "\n");

    /// <summary>400: the request is malformed, or its old size is larger than its checkpoint.</summary>
    public static WitnessAnswer Malformed(string reason) => new(400, PlainText, reason + "\n");

    /// <summary>403: no signature of a key that is known for this log.</summary>
    public static WitnessAnswer NotSigned { get; } = new(403, PlainText, "The checkpoint is not signed by its log.\n");

    /// <summary>404: a log that this witness does not watch.</summary>
    public static WitnessAnswer UnknownLog { get; } = new(404, PlainText, "This witness does not know the log.\n");

    /// <summary>409: another checkpoint was cosigned last; the body is its size.</summary>
    public static WitnessAnswer Conflict(long size) =>
        new(409, SizeType, size.ToString(CultureInfo.InvariantCulture) + "\n");

    /// <summary>422: the proof does not show that the log only grew.</summary>
    public static WitnessAnswer NotProven { get; } =
        new(422, PlainText, "The consistency proof does not hold.\n");
}
