namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>Opens a sum from the partial decryptions of exactly the threshold of parties.</summary>
public static class ThresholdDecryption
{
    /// <summary>The slots of the sum.</summary>
    /// <remarks>
    /// A partial decryption that is wrong by accident, or made for another ciphertext or active set, is noticed: the
    /// eight zeros of every ciphertext do not come out, or the noise leaves its bound. A decryptor that shifts its part
    /// by a chosen multiple of q/t shifts the sum unnoticed; that takes a proof which this scheme does not have.
    /// </remarks>
    /// <param name="parameters">What was agreed on.</param>
    /// <param name="parties">All dealers in their agreed order.</param>
    /// <param name="rerandomisedSum">What was partially decrypted.</param>
    /// <param name="active">The decryptors, in any order.</param>
    /// <param name="partials">The answer of every decryptor.</param>
    /// <param name="slots">Number of slots.</param>
    /// <param name="slotBits">Bits of a slot.</param>
    /// <returns>Signed sums in Z/2^<paramref name="slotBits"/>, one a slot.</returns>
    /// <exception cref="CiphertextException">A partial decryption is missing or does not parse.</exception>
    /// <exception cref="DecryptionException">The parts do not open the sum.</exception>
    public static ulong[] Combine(
        ThresholdParameters parameters,
        IReadOnlyList<string> parties,
        EncryptedVector rerandomisedSum,
        IReadOnlyList<string> active,
        IReadOnlyDictionary<string, byte[]> partials,
        int slots,
        int slotBits)
    {
        rerandomisedSum.CheckDecryptable(parameters, slots, slotBits);
        new PartyList(parameters, parties).ActivePoints(parameters, active);
        long expected = parameters.PartialBytes(slots, slotBits);
        byte[][] answers = [.. active.Select(party => AnswerOf(party, partials, expected))];

        Ring ring = parameters.Ring;
        ulong[] sum = new ulong[ring.Words];
        ulong[] result = new ulong[slots];
        int perCoefficient = parameters.SlotsPerCoefficient(slotBits);
        int perCiphertext = parameters.UsableCoefficients * perCoefficient;
        bool opened = true;
        for (int i = 0; i < rerandomisedSum.Ciphertexts.Length; i++)
        {
            sum.AsSpan().Clear();
            foreach (byte[] answer in answers)
            {
                int offset = PartialHeader.Bytes + (i * ring.PackedBytes);
                ring.Check(answer.AsSpan(offset, ring.PackedBytes), "Partial decryption");
                ring.Add(answer.AsSpan(offset, ring.PackedBytes), sum);
            }

            Span<ulong> destination = result.AsSpan(i * perCiphertext);
            destination = destination[..int.Min(destination.Length, perCiphertext)];
            opened &= Open(parameters, rerandomisedSum.Ciphertexts[i], sum, slotBits, destination);
        }

        return opened ? result : throw new DecryptionException();
    }

    private static byte[] AnswerOf(string party, IReadOnlyDictionary<string, byte[]> partials, long expected)
    {
        if (!partials.TryGetValue(party, out byte[]? answer))
        {
            throw new CiphertextException($"Partial decryptions: expected one of {party}, got none.");
        }

        if (answer.Length != expected || !answer.AsSpan().StartsWith(PartialHeader.Value))
        {
            throw new CiphertextException(
                $"Partial decryption of {party}: expected {expected} bytes with a header, got {answer.Length}.");
        }

        return answer;
    }

    private static bool Open(
        ThresholdParameters parameters, RingCiphertext ciphertext, ulong[] sum, int slotBits, Span<ulong> slots)
    {
        Ring ring = parameters.Ring;
        int carried = ciphertext.Carried;
        ulong[] noisy = new ulong[ring.PrimeCount * carried];
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            Span<ulong> row = ring.Row(sum, j);
            ring.Tables[j].Inverse(row);
            Span<ulong> coefficients = noisy.AsSpan(j * carried, carried);
            row[..carried].CopyTo(coefficients);
            ResidueArithmetic.Add(coefficients, ciphertext.C0Row(j), ring.Tables[j].Modulus);
        }

        const int Words = PlaintextScaling.PlainWords;
        ulong[] plain = new ulong[carried * Words];
        bool quiet = true;
        for (int i = 0; i < carried; i++)
        {
            ulong noise = parameters.Scaling.Round(noisy.AsSpan(i), carried, plain.AsSpan(i * Words, Words));
            quiet &= noise <= parameters.NoiseLimit;
        }

        int used = carried - ThresholdParameters.CheckCoefficients;
        SlotPacking.Unpack(
            plain.AsSpan(0, used * Words), slotBits, parameters.SlotsPerCoefficient(slotBits), slots);
        return quiet && !plain.AsSpan(used * Words).ContainsAnyExcept(0ul);
    }
}
