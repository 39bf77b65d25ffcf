using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Ledger.Tests.Notes;

// Goal: signatures are those of RFC 8032 and nothing else verifies. Method: its test vectors, then each byte of
// message, key and signature changed, and the malleated signature S + L.
public sealed class Ed25519Tests
{
    // RFC 8032, section 7.1, tests 1 to 3: seed, public key, message, signature.
    public static TheoryData<string, string, string, string> Rfc8032 => new()
    {
        {
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            + "d25bf5f0595bbe24655141438e7a100b"
        },
        {
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            + "387b2eaeb4302aeeb00d291612bb0c00"
        },
        {
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            + "4a7c15e9716ed28dc027beceea1ec40a"
        },
    };

    [Theory]
    [MemberData(nameof(Rfc8032))]
    public void Keys_and_signatures_are_those_of_rfc_8032(
        string seed, string publicKey, string message, string signature)
    {
        using Ed25519Key key = Ed25519Key.FromSeed(Convert.FromHexString(seed));
        byte[] text = Convert.FromHexString(message);

        Assert.Equal(publicKey, Convert.ToHexStringLower(key.PublicKey));
        Assert.Equal(signature, Convert.ToHexStringLower(key.Sign(text)));
        Assert.True(Ed25519.Verify(key.PublicKey, text, Convert.FromHexString(signature)));
    }

    [Fact]
    public void A_change_of_any_bit_of_signature_or_key_fails()
    {
        using Ed25519Key key = Ed25519Key.Generate();
        byte[] signature = key.Sign("message"u8);
        for (int bit = 0; bit < 8 * (signature.Length + key.PublicKey.Length); bit++)
        {
            byte[] both = [.. signature, .. key.PublicKey];
            both[bit / 8] ^= (byte)(1 << (bit % 8));
            ReadOnlySpan<byte> changedKey = both.AsSpan(Ed25519.SignatureSize);
            Assert.False(Ed25519.Verify(changedKey, "message"u8, both.AsSpan(0, Ed25519.SignatureSize)));
        }

        Assert.False(Ed25519.Verify(key.PublicKey, "massage"u8, signature));
    }

    [Fact]
    public void A_signature_with_s_beyond_the_group_order_is_refused()
    {
        // RFC 8032, section 5.1.7: S must be below L = 2^252 + 27742317777372353535851937790883648493, or one
        // signature could be turned into another.
        byte[] order = Convert.FromHexString("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        using Ed25519Key key = Ed25519Key.FromSeed(new byte[Ed25519Key.SeedSize]);
        byte[] signature = key.Sign("m"u8);
        int carry = 0;
        for (int i = 0; i < order.Length; i++)
        {
            int sum = signature[32 + i] + order[i] + carry;
            signature[32 + i] = (byte)(sum & 0xff);
            carry = sum >> 8;
        }

        Assert.False(Ed25519.Verify(key.PublicKey, "m"u8, signature));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_seed_of_another_length_is_refused(int length)
    {
        Assert.Throws<ArgumentException>(() => Ed25519Key.FromSeed(new byte[length]));
        Assert.False(Ed25519.Verify(new byte[length], "m"u8, new byte[Ed25519.SignatureSize]));
        Assert.False(Ed25519.Verify(new byte[Ed25519.PublicKeySize], "m"u8, new byte[length]));
    }

    [Fact]
    public void A_key_is_saved_for_its_owner_only_and_read_back()
    {
        string path = Path.Combine(Path.GetTempPath(), $"dtwin-{Guid.NewGuid():n}.pem");
        try
        {
            using Ed25519Key key = Ed25519Key.Generate();
            key.Save(path);
            using Ed25519Key loaded = Ed25519Key.Load(path);

            Assert.Equal(key.PublicKey, loaded.PublicKey);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(path).UnixFileMode);
            Assert.Throws<IOException>(() => key.Save(path));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
