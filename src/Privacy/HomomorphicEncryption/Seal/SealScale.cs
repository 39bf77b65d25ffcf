namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>Which scales an object may carry (SEAL: valcheck.cpp).</summary>
internal static class SealScale
{
    internal const double None = 1.0;

    /// <summary>Refuses a scale other than 1 outside of CKKS data, and there one that does not fit.</summary>
    internal static void Require(
        double scale,
        SealParameters parameters,
        SealLevel level,
        string what,
        bool isKey)
    {
        bool isScaled = parameters.Scheme == SealScheme.Ckks && !isKey;
        bool fits = isScaled
            ? double.IsFinite(scale) && scale > 0 && Math.Log2(scale) < level.Modulus.GetBitLength()
            : BitConverter.DoubleToInt64Bits(scale) == BitConverter.DoubleToInt64Bits(None);
        if (!fits)
        {
            throw new SealFormatException(
                isScaled
                    ? $"The {what} has scale {scale:R}; its modulus of {level.Modulus.GetBitLength()} bits has no room."
                    : $"The {what} has scale {scale:R}; expected 1.");
        }
    }
}
