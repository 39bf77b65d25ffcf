using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>What every node of a round must agree on before its masks can cancel.</summary>
/// <remarks>
/// The digest salts every key that is derived and names every share that is dealt. A coordinator that shows two nodes
/// different plans, base models, cohorts or keys therefore gets a sum of noise, not a sum it could learn from (Pasquini
/// et al., "Eluding Secure Aggregation in Federated Learning via Model Inconsistency", CCS 2022), and no mask is ever
/// used for two rounds or attempts.
/// </remarks>
/// <param name="Study">Name of the study, not empty.</param>
/// <param name="Round">Number of the round.</param>
/// <param name="Attempt">
/// Counts the cohorts tried for this round; a retry after too many drop-outs takes the next number.
/// </param>
/// <param name="PlanDigest">Digest of the study's plan, not empty.</param>
/// <param name="BaseModel">Digest of the model that training starts from; empty where there is none yet.</param>
/// <param name="Keys">
/// Verified public keys of all nodes that may take part, by name. That a key is its node's, by a signature of the
/// enrolled identity, is for the caller to check.
/// </param>
/// <exception cref="CohortException">
/// A name is empty or stands twice, a key is not the DER encoding of a P-256 public key, or one key is offered twice,
/// whether by two nodes or for both purposes.
/// </exception>
public sealed record RoundContext(
    string Study,
    ulong Round,
    uint Attempt,
    string PlanDigest,
    string BaseModel,
    IReadOnlyDictionary<string, PublicRoundKeys> Keys)
{
    /// <summary>With two nodes each learns the other's update by subtracting its own from the sum.</summary>
    public const int MinimumCohort = 3;

    private static ReadOnlySpan<byte> Domain => "DigitalTwin/secagg/round-context/v2"u8;

    public string Study { get; init => field = NotEmpty(value, nameof(Study)); } = NotEmpty(Study, nameof(Study));

    public string PlanDigest { get; init => field = NotEmpty(value, nameof(PlanDigest)); } =
        NotEmpty(PlanDigest, nameof(PlanDigest));

    /// <summary>Keys by name, names in ordinal order and compared ordinally.</summary>
    public IReadOnlyDictionary<string, PublicRoundKeys> Keys { get; init => field = Checked(value); } = Checked(Keys);

    /// <summary>Names in ordinal order, each once, none empty.</summary>
    public IReadOnlyList<string> Cohort => [.. Keys.Keys];

    /// <summary>
    /// Parameters of a sparse graph that protect nobody, for tests that must show its workings with a few nodes.
    /// </summary>
    internal SparseGraphBounds? InsecureBounds { get; init; }

    /// <summary>
    /// 32 bytes: SHA-256 over the length-prefixed fields, names and keys in ordinal order of the names.
    /// </summary>
    public byte[] Digest()
    {
        Transcript transcript = new Transcript(Domain)
            .Append(Study)
            .Append(Round)
            .Append(Attempt)
            .Append(PlanDigest)
            .Append(BaseModel)
            .Append((uint)Keys.Count);
        foreach ((string name, PublicRoundKeys keys) in Keys)
        {
            transcript.Append(name).Append(keys.MaskKey).Append(keys.ShareKey);
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

    // A copy: whoever passed the dictionary cannot change the cohort or a key after it has been checked. The dictionary
    // passed may compare names more loosely than we do, so names are compared here.
    private static ImmutableSortedDictionary<string, PublicRoundKeys> Checked(
        IReadOnlyDictionary<string, PublicRoundKeys> offered)
    {
        ImmutableSortedDictionary<string, PublicRoundKeys>.Builder keys =
            ImmutableSortedDictionary.CreateBuilder<string, PublicRoundKeys>(StringComparer.Ordinal);
        Dictionary<string, string> owners = new(StringComparer.Ordinal);
        foreach ((string name, PublicRoundKeys pair) in offered)
        {
            if (string.IsNullOrEmpty(name))
            {
                throw new CohortException("A node of the cohort has no name.");
            }

            PublicRoundKeys copy = pair.Copy();
            if (!keys.TryAdd(name, copy))
            {
                throw new CohortException($"Node {name} is in the cohort twice.");
            }

            RequireFresh(copy.MaskKey, name, owners);
            RequireFresh(copy.ShareKey, name, owners);
        }

        return keys.ToImmutable();
    }

    private static void RequireFresh(byte[] key, string name, Dictionary<string, string> owners)
    {
        using ECDiffieHellman wellFormed = P256.Import(key, name);
        string spelled = Convert.ToHexString(key);
        if (!owners.TryAdd(spelled, name))
        {
            throw new CohortException($"One key is offered twice, for {owners[spelled]} and for {name}.");
        }
    }
}
