using System.Buffers.Binary;
using System.Security.Cryptography;
using DigitalTwin.Privacy.Keccak;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>
/// A vector of signed integers that only a threshold of parties can read, and that anybody can add to.
/// </summary>
/// <remarks>
/// <para>Layout: four bytes (form, zero, number of addends as a little-endian word of 16 bits), then every ciphertext:
/// c0 coefficient by coefficient for the coefficients in use and eight zeros after them, c1 whole, each prime's
/// residues packed without gaps. The first prime's residues of a fresh c0 lack their low eight bits, which are
/// zero.</para>
/// <para>The number of addends in foreign bytes is a claim: a member counts the addends it has added itself. Not safe
/// for concurrent use.</para>
/// </remarks>
public sealed class EncryptedVector
{
    /// <summary>Length in bytes of the context that a re-randomisation is bound to.</summary>
    public const int ContextBytes = 32;

    internal const int HeaderBytes = 4;

    private const byte FreshForm = 1;
    private const byte SumForm = 2;
    private const byte RerandomisedForm = 3;

    private readonly ThresholdParameters _parameters;
    private readonly int _slots;
    private readonly int _slotBits;
    private byte _form;

    internal EncryptedVector(ThresholdParameters parameters, int slots, int slotBits)
    {
        _parameters = parameters;
        _slots = slots;
        _slotBits = slotBits;
        _form = FreshForm;
        Addends = 1;
        Ciphertexts = [.. Enumerable.Range(0, parameters.CiphertextsFor(slots, slotBits)).Select(index =>
            new RingCiphertext(parameters.Ring, parameters.CarriedCoefficients(slots, slotBits, index)))];
    }

    /// <summary>How many vectors are summed in this one.</summary>
    public int Addends { get; private set; }

    /// <summary>Whether this is a sum that may be decrypted: see <see cref="Rerandomised"/>.</summary>
    public bool IsRerandomised => _form == RerandomisedForm;

    internal RingCiphertext[] Ciphertexts { get; }

    private static ReadOnlySpan<byte> Domain => "DigitalTwin/threshold-encryption/rerandomise/v1"u8;

    private int DroppedBits => DroppedBitsOf(_form);

    /// <summary>Reads a vector of another party.</summary>
    /// <param name="parameters">What was agreed on.</param>
    /// <param name="bytes">What <see cref="ToBytes"/> wrote.</param>
    /// <param name="slots">Number of slots.</param>
    /// <param name="slotBits">Bits of a slot.</param>
    /// <exception cref="CiphertextException">
    /// The form or length is not that of such a vector, a residue is not below its prime, or a c1 is zero.
    /// </exception>
    public static EncryptedVector Parse(
        ThresholdParameters parameters, ReadOnlySpan<byte> bytes, int slots, int slotBits)
    {
        (byte form, int addends) = ReadHeader(parameters, bytes, slots, slotBits);
        EncryptedVector vector = new(parameters, slots, slotBits);
        vector.CheckCiphertexts(bytes, form);
        vector.AddCiphertexts(bytes, form);
        (vector._form, vector.Addends) = (form, addends);
        return vector;
    }

    /// <summary>Adds a vector as it came over the wire, without a copy of it: parse and add in one.</summary>
    /// <exception cref="CiphertextException">
    /// As <see cref="Parse"/> and <see cref="Add(EncryptedVector)"/>; the sum is as it was before.
    /// </exception>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        (byte form, int addends) = ReadHeader(_parameters, bytes, _slots, _slotBits);
        CheckAddends(form, addends);
        CheckCiphertexts(bytes, form);
        AddCiphertexts(bytes, form);
        Addends += addends;
        _form = SumForm;
    }

    /// <summary>Adds <paramref name="other"/> to this vector, slot by slot.</summary>
    /// <exception cref="CiphertextException">
    /// The shapes differ, one of them is re-randomised already, or there would be more addends than agreed.
    /// </exception>
    public void Add(EncryptedVector other)
    {
        if (other._slots != _slots || other._slotBits != _slotBits || other.Ciphertexts.Length != Ciphertexts.Length)
        {
            throw new CiphertextException(
                $"Sum: expected {_slots} slots of {_slotBits} bits, got {other._slots} of {other._slotBits}.");
        }

        CheckAddends(other._form, other.Addends);
        for (int i = 0; i < Ciphertexts.Length; i++)
        {
            Ciphertexts[i].Add(other.Ciphertexts[i]);
        }

        Addends += other.Addends;
        _form = SumForm;
    }

    /// <summary>This sum plus an encryption of zero whose randomness everybody can recompute.</summary>
    /// <remarks>
    /// <para>The randomness is expanded from SHA-256 of this sum and of the context, so no client and no coordinator
    /// can aim at a c1 of its choice (a zero, a small one, or a multiple of an earlier one) without searching the
    /// hash.</para>
    /// <para>It hides nothing: the coins are public and anybody can take the zero away again. What hides the noise of
    /// the addends is the smudging of the partial decryptions.</para>
    /// </remarks>
    /// <param name="key">The key that the addends are encrypted with.</param>
    /// <param name="context32">Digest of study, round and cohort.</param>
    /// <exception cref="CiphertextException">The sum is re-randomised already.</exception>
    public EncryptedVector Rerandomised(CollectiveKey key, ReadOnlySpan<byte> context32)
    {
        if (context32.Length != ContextBytes)
        {
            throw new ArgumentException($"Expected {ContextBytes} bytes, got {context32.Length}.", nameof(context32));
        }

        if (IsRerandomised)
        {
            throw new CiphertextException("Sum: expected one that is not re-randomised, got one that is.");
        }

        byte[] message = [.. Domain, .. _parameters.Digest(), .. context32, .. SHA256.HashData(ToBytes())];
        byte[] seed = new byte[AesCounterStream.SeedBytes];
        using (ShakeStream shake = new(message))
        {
            shake.Fill(seed);
        }

        EncryptedVector result = new(_parameters, _slots, _slotBits) { Addends = Addends, _form = RerandomisedForm };
        using RingEncryption zero = new(_parameters.Ring, new AesCounterStream(seed));
        for (int i = 0; i < Ciphertexts.Length; i++)
        {
            zero.EncryptZero(key.B, key.A, result.Ciphertexts[i]);
            result.Ciphertexts[i].Add(Ciphertexts[i]);
        }

        return result;
    }

    /// <summary>The vector for the wire, always the same bytes for the same vector.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[checked((int)LengthOf(_parameters, _form, _slots, _slotBits))];
        bytes[0] = _form;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), checked((ushort)Addends));
        int offset = HeaderBytes;
        foreach (RingCiphertext ciphertext in Ciphertexts)
        {
            int length = RingCiphertext.PackedBytes(_parameters.Ring, ciphertext.Carried, DroppedBits);
            ciphertext.Write(bytes.AsSpan(offset, length), DroppedBits);
            offset += length;
        }

        return bytes;
    }

    /// <exception cref="CiphertextException">The shape is another, or the vector may not be decrypted.</exception>
    internal void CheckDecryptable(ThresholdParameters parameters, int slots, int slotBits)
    {
        CheckDecryptable(parameters);
        if (slots != _slots || slotBits != _slotBits)
        {
            throw new CiphertextException(
                $"Sum: expected {slots} slots of {slotBits} bits, got {_slots} of {_slotBits}.");
        }
    }

    /// <inheritdoc cref="CheckDecryptable(ThresholdParameters, int, int)"/>
    internal void CheckDecryptable(ThresholdParameters parameters)
    {
        if (!_parameters.Digest().AsSpan().SequenceEqual(parameters.Digest()))
        {
            throw new CiphertextException("Sum: expected the parameters of this key, got others.");
        }

        if (!IsRerandomised)
        {
            throw new CiphertextException("Sum: expected a re-randomised one, got one that is not.");
        }

        foreach (RingCiphertext ciphertext in Ciphertexts)
        {
            ciphertext.ThrowIfTransparent();
        }
    }

    private static (byte Form, int Addends) ReadHeader(
        ThresholdParameters parameters, ReadOnlySpan<byte> bytes, int slots, int slotBits)
    {
        if (bytes.Length < HeaderBytes || bytes[0] is not (FreshForm or SumForm or RerandomisedForm) || bytes[1] != 0)
        {
            throw new CiphertextException("Encrypted vector: expected form 1, 2 or 3 and a zero, got another header.");
        }

        byte form = bytes[0];
        long expected = LengthOf(parameters, form, slots, slotBits);
        if (bytes.Length != expected)
        {
            throw new CiphertextException($"Encrypted vector: expected {expected} bytes, got {bytes.Length}.");
        }

        int addends = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        if (addends < 1 || addends > parameters.Addends || (form == FreshForm && addends != 1))
        {
            throw new CiphertextException(
                $"Encrypted vector: expected 1 to {parameters.Addends} addends, one if fresh, got {addends}.");
        }

        return (form, addends);
    }

    private static long LengthOf(ThresholdParameters parameters, byte form, int slots, int slotBits) =>
        form == FreshForm ? parameters.CiphertextBytes(slots, slotBits) : parameters.SumBytes(slots, slotBits);

    private static int DroppedBitsOf(byte form) => form == FreshForm ? ThresholdParameters.DroppedBits : 0;

    private void CheckCiphertexts(ReadOnlySpan<byte> bytes, byte form)
    {
        int offset = HeaderBytes;
        foreach (RingCiphertext ciphertext in Ciphertexts)
        {
            int length = RingCiphertext.PackedBytes(_parameters.Ring, ciphertext.Carried, DroppedBitsOf(form));
            ciphertext.Check(bytes.Slice(offset, length), DroppedBitsOf(form));
            offset += length;
        }
    }

    private void AddCiphertexts(ReadOnlySpan<byte> bytes, byte form)
    {
        int offset = HeaderBytes;
        foreach (RingCiphertext ciphertext in Ciphertexts)
        {
            int length = RingCiphertext.PackedBytes(_parameters.Ring, ciphertext.Carried, DroppedBitsOf(form));
            ciphertext.Add(bytes.Slice(offset, length), DroppedBitsOf(form));
            offset += length;
        }
    }

    private void CheckAddends(byte otherForm, int otherAddends)
    {
        if (IsRerandomised || otherForm == RerandomisedForm)
        {
            throw new CiphertextException("Sum: expected addends that are not re-randomised, got one that is.");
        }

        if (Addends + otherAddends > _parameters.Addends)
        {
            throw new CiphertextException(
                $"Sum: expected at most {_parameters.Addends} addends, got {Addends + otherAddends}.");
        }
    }
}
