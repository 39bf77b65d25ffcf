namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>Which of a dealer's two secrets a share is of. Nobody may learn both.</summary>
internal enum ShareKind : byte
{
    /// <summary>The seed of its own mask, b: revealed where its addend is in the sum.</summary>
    SelfMask = 1,

    /// <summary>Its private mask key, s^SK: revealed where its addend is not.</summary>
    MaskKey = 2,
}
