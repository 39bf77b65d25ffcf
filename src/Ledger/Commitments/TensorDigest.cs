using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Commitments;

/// <summary>The digest of an array of numbers that says what they are, so that no two arrays share one.</summary>
/// <remarks>
/// SHA-256(header ‖ "\n" ‖ values): the header is the canonical JSON of element type, shape, order, byte order and
/// names, the values are raw and little-endian in row-major order. Numbers are digested bit by bit, so 0 and −0 differ.
/// </remarks>
public static class TensorDigest
{
    /// <summary>The digest of IEEE 754 doubles.</summary>
    /// <param name="names">What the innermost axis holds, or any names that give the numbers their meaning.</param>
    /// <param name="shape">Length of each axis, outermost first; their product is the number of values.</param>
    /// <param name="values">The values in row-major order.</param>
    /// <exception cref="ArgumentException">The shape asks for another number of values.</exception>
    /// <exception cref="NotFiniteNumberException">A value is NaN or infinite: no computation meant it.</exception>
    /// <exception cref="CanonicalJsonException">A name lies outside the canonical profile.</exception>
    public static byte[] OfFloat64(
        IReadOnlyList<string> names, IReadOnlyList<int> shape, ReadOnlySpan<double> values) =>
        Of("float64", names, shape, values);

    /// <summary>The digest of IEEE 754 singles.</summary>
    /// <inheritdoc cref="OfFloat64" path="/param|/exception"/>
    public static byte[] OfFloat32(
        IReadOnlyList<string> names, IReadOnlyList<int> shape, ReadOnlySpan<float> values) =>
        Of("float32", names, shape, values);

    /// <summary>The digest of signed 64-bit integers.</summary>
    /// <inheritdoc cref="OfFloat64" path="/param"/>
    /// <exception cref="ArgumentException">The shape asks for another number of values.</exception>
    /// <exception cref="CanonicalJsonException">A name lies outside the canonical profile.</exception>
    public static byte[] OfInt64(
        IReadOnlyList<string> names, IReadOnlyList<int> shape, ReadOnlySpan<long> values) =>
        Of("int64", names, shape, values);

    private static byte[] Of<T>(
        string elementType, IReadOnlyList<string> names, IReadOnlyList<int> shape, ReadOnlySpan<T> values)
        where T : unmanaged, INumberBase<T>
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Any(length => length < 0) || CountOf(shape) != values.Length)
        {
            throw new ArgumentException(
                $"The shape [{string.Join(",", shape)}] does not hold {values.Length} values.", nameof(shape));
        }

        for (int i = 0; i < values.Length; i++)
        {
            if (!T.IsFinite(values[i]))
            {
                throw new NotFiniteNumberException($"Value {i} is not finite, so it has no digest.");
            }
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(CanonicalJson.Serialize(new JsonObject
        {
            ["dtype"] = elementType,
            ["endian"] = "LE",
            ["names"] = new JsonArray([.. names.Select(name => JsonValue.Create(name))]),
            ["order"] = "C",
            ["shape"] = new JsonArray([.. shape.Select(length => JsonValue.Create(length))]),
        }));
        hash.AppendData("\n"u8);
        hash.AppendData(LittleEndian(values));
        return hash.GetHashAndReset();
    }

    // A shape whose product overflows holds more values than any array, and the checked product throws as much.
    private static long CountOf(IReadOnlyList<int> shape)
    {
        try
        {
            return shape.Aggregate(1L, (count, length) => checked(count * length));
        }
        catch (OverflowException)
        {
            return -1;
        }
    }

    private static ReadOnlySpan<byte> LittleEndian<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ReadOnlySpan<byte> own = MemoryMarshal.AsBytes(values);
        if (BitConverter.IsLittleEndian || values.IsEmpty)
        {
            return own;
        }

        byte[] turned = own.ToArray();
        int width = turned.Length / values.Length;
        for (int at = 0; at < turned.Length; at += width)
        {
            turned.AsSpan(at, width).Reverse();
        }

        return turned;
    }
}
