namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>A node's two public keys of one round, as they travel signed by its enrolled identity.</summary>
/// <remarks>
/// Two pairs, as in Bonawitz et al., CCS 2017, figure 4: the private half of the first is shared among the cohort and
/// may be reconstructed when the node is lost; the second keeps the shares secret on their way and never leaves.
/// </remarks>
/// <param name="MaskKey">Masks are agreed with it (s^PK): DER SubjectPublicKeyInfo of a P-256 point.</param>
/// <param name="ShareKey">Shares are sealed to it (c^PK): DER SubjectPublicKeyInfo of a P-256 point.</param>
public sealed record PublicRoundKeys(byte[] MaskKey, byte[] ShareKey)
{
    /// <summary>Equal when both keys are, byte by byte.</summary>
    public bool Equals(PublicRoundKeys? other) =>
        other is not null
        && MaskKey.AsSpan().SequenceEqual(other.MaskKey)
        && ShareKey.AsSpan().SequenceEqual(other.ShareKey);

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(MaskKey);
        hash.AddBytes(ShareKey);
        return hash.ToHashCode();
    }

    /// <summary>A copy that whoever passed the arrays cannot change.</summary>
    internal PublicRoundKeys Copy() => new([.. MaskKey], [.. ShareKey]);
}
