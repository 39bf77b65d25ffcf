using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>What every node of a round must agree on before its masks can cancel.</summary>
/// <remarks>
/// The digest salts each pair's key derivation. A coordinator that shows two nodes different plans, base models or
/// cohorts therefore gets a sum of noise, not a sum it could learn from (Pasquini et al., "Eluding Secure Aggregation
/// in Federated Learning via Model Inconsistency", CCS 2022), and no mask is ever used for two rounds or attempts.
/// </remarks>
/// <param name="Study">Name of the study, not empty.</param>
/// <param name="Round">Number of the round.</param>
/// <param name="Attempt">
/// Counts the cohorts tried for this round; a retry after a drop-out takes the next number.
/// </param>
/// <param name="PlanDigest">Digest of the study's plan, not empty.</param>
/// <param name="BaseModel">Digest of the model that training starts from; empty where there is none yet.</param>
/// <param name="Cohort">Names of all nodes whose addends make up the sum, in any order.</param>
public sealed record RoundContext(
    string Study,
    ulong Round,
    uint Attempt,
    string PlanDigest,
    string BaseModel,
    IReadOnlyList<string> Cohort)
{
    private static ReadOnlySpan<byte> Domain => "DigitalTwin/secagg/round-context/v1"u8;

    public string Study { get; init => field = NotEmpty(value, nameof(Study)); } = NotEmpty(Study, nameof(Study));

    public string PlanDigest { get; init => field = NotEmpty(value, nameof(PlanDigest)); } =
        NotEmpty(PlanDigest, nameof(PlanDigest));

    /// <summary>Names in ordinal order, each once, none empty.</summary>
    public IReadOnlyList<string> Cohort { get; init => field = Sorted(value); } = Sorted(Cohort);

    /// <summary>32 bytes: SHA-256 over the length-prefixed fields, cohort in ordinal order.</summary>
    public byte[] Digest()
    {
        Transcript transcript = new Transcript(Domain)
            .Append(Study)
            .Append(Round)
            .Append(Attempt)
            .Append(PlanDigest)
            .Append(BaseModel)
            .Append((uint)Cohort.Count);
        foreach (string name in Cohort)
        {
            transcript.Append(name);
        }

        return SHA256.HashData(transcript.ToArray());
    }

    /// <summary>Two contexts are equal when their digests are.</summary>
    public bool Equals(RoundContext? other) => other is not null && Digest().AsSpan().SequenceEqual(other.Digest());

    public override int GetHashCode() => BinaryPrimitives.ReadInt32LittleEndian(Digest());

    private static string NotEmpty(string value, string field)
    {
        ArgumentException.ThrowIfNullOrEmpty(value, field);
        return value;
    }

    // A copy: whoever passed the list cannot change the cohort after it has been checked.
    private static ImmutableArray<string> Sorted(IReadOnlyList<string> cohort)
    {
        ImmutableArray<string> names = [.. cohort.Order(StringComparer.Ordinal)];
        for (int i = 0; i < names.Length; i++)
        {
            if (string.IsNullOrEmpty(names[i]))
            {
                throw new CohortException("A node of the cohort has no name.");
            }

            if (i > 0 && string.Equals(names[i - 1], names[i], StringComparison.Ordinal))
            {
                throw new CohortException($"Node {names[i]} is in the cohort twice.");
            }
        }

        return names;
    }
}
