namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>BFV in SEAL's parameters: encryption under anybody's public key, decryption with a secret key.</summary>
internal static class SealBfv
{
    /// <summary>Encrypts at data level under a key of ours or of a peer.</summary>
    /// <remarks>
    /// SEAL encrypts at key level and divides by the special prime; the same key without that prime's residues is a
    /// key of the data level too, and SEAL's decryptor does not see the difference. Fresh noise is larger by what the
    /// division would take off.
    /// </remarks>
    /// <exception cref="SealFormatException">Key and plaintext belong to different parameters, or to CKKS.</exception>
    internal static SealCiphertext Encrypt(SealPublicKey key, SealPlaintext plaintext)
    {
        SealParameters parameters = key.Parameters;
        RequireBfv(parameters, plaintext.Parameters);
        Ring ring = parameters.RingOf(parameters.DataLevel);
        int keyWords = SealPolynomialPair.Words(parameters, parameters.KeyLevel);
        RingCiphertext encrypted = new(ring, ring.Degree);
        using (RingEncryption encryption = new(ring, AesCounterStream.Fresh()))
        {
            encryption.EncryptZero(
                key.Residues[..ring.Words], key.Residues.Slice(keyWords, ring.Words), encrypted);
        }

        new BfvScaling(ring, parameters.PlainModulus).Add(plaintext.Words, encrypted.C0);
        Transform(ring, encrypted.C1, forward: false);
        return SealCiphertext.Create(
            parameters, parameters.DataLevel, SealScale.None, [.. encrypted.C0, .. encrypted.C1]);
    }

    /// <summary>Decrypts to all N coefficients.</summary>
    /// <exception cref="SealFormatException">Key and ciphertext belong to different parameters, or to CKKS.</exception>
    /// <exception cref="DecryptionException">The noise has no room.</exception>
    internal static SealPlaintext Decrypt(SealSecretKey key, SealCiphertext ciphertext)
    {
        RequireBfv(key.Parameters, ciphertext.Parameters);
        Ring ring = ciphertext.Parameters.RingOf(ciphertext.Level);
        ulong[] opened = ring.AllocateSecret();
        try
        {
            MultiplySecond(ring, ciphertext, key.Residues, opened);
            return Open(ciphertext, opened);
        }
        finally
        {
            Ring.Wipe(opened);
        }
    }

    /// <summary>Adds c0 to c1·s in coefficient form, overwriting it, and rounds.</summary>
    internal static SealPlaintext Open(SealCiphertext ciphertext, Span<ulong> product)
    {
        SealParameters parameters = ciphertext.Parameters;
        Ring ring = parameters.RingOf(ciphertext.Level);
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            ResidueArithmetic.Add(
                ring.Row(product, j), ring.Row(ciphertext.Residues[..ring.Words], j), ring.Tables[j].Modulus);
        }

        ulong[] message = new ulong[ring.Degree];
        new BfvScaling(ring, parameters.PlainModulus).Round(product, message);
        return SealPlaintext.Of(parameters, message);
    }

    /// <summary>product ← c1·s in coefficient form, for a key at the ciphertext's level or above.</summary>
    internal static void MultiplySecond(
        Ring ring,
        SealCiphertext ciphertext,
        ReadOnlySpan<ulong> key,
        Span<ulong> product)
    {
        ulong[] second = ciphertext.Residues[ring.Words..].ToArray();
        Transform(ring, second, forward: true);
        product.Clear();
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            ResidueArithmetic.AddProduct(
                ring.Row(product, j), ring.Row((ReadOnlySpan<ulong>)second, j), ring.Row(key, j), ring.Tables[j]);
        }

        Transform(ring, product, forward: false);
    }

    internal static void Transform(Ring ring, Span<ulong> polynomial, bool forward)
    {
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            if (forward)
            {
                ring.Tables[j].Forward(ring.Row(polynomial, j));
            }
            else
            {
                ring.Tables[j].Inverse(ring.Row(polynomial, j));
            }
        }
    }

    internal static void RequireBfv(SealParameters key, SealParameters other)
    {
        if (key.Scheme != SealScheme.Bfv || key.KeyParmsId != other.KeyParmsId)
        {
            throw new SealFormatException("Key and object do not belong to one BFV parameter set.");
        }
    }
}
