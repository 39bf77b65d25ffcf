using System.Buffers.Binary;
using System.Security.Cryptography;
using DigitalTwin.Privacy.HomomorphicEncryption;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption;

// Goal: whoever sends wrong bytes or asks a wrong question gets a refusal, and no plaintext. Method: one ceremony of
// four parties with threshold three, and every request that a coordinator, a client or a decryptor could bend.
public sealed class HostilePartyTests : IClassFixture<HostilePartyTests.FourParties>
{
    private const int Slots = 50;
    private const int SlotBits = 24;

    private readonly Ceremony _ceremony;
    private readonly ulong[] _addend = [.. Enumerable.Range(0, Slots).Select(i => (ulong)(i * 1000))];

    public HostilePartyTests(FourParties fixture) => _ceremony = fixture.Ceremony;

    private ThresholdParameters Parameters => _ceremony.Parameters;

    private string[] Active => _ceremony.Parties[..3];

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(0, 1, 3)]
    [InlineData(3, 2, 0)]
    [InlineData(1, 2, 3)]
    public void Any_threshold_of_parties_in_any_order_opens_the_sum(params int[] decryptors)
    {
        string[] active = [.. decryptors.Select(index => _ceremony.Parties[index])];
        EncryptedVector sum = _ceremony.SumOf([_addend, _addend], SlotBits);

        Assert.Equal(_addend.Select(slot => 2 * slot), _ceremony.Open(sum, active, Slots, SlotBits));
    }

    [Fact]
    public void One_party_fewer_than_the_threshold_opens_nothing()
    {
        EncryptedVector sum = _ceremony.SumOf([_addend], SlotBits);
        Dictionary<string, byte[]> partials = _ceremony.PartialsOf(sum, Active);
        partials.Remove(Active[1]);
        CiphertextException missing = Assert.Throws<CiphertextException>(() => Combine(sum, Active, partials));
        Assert.Contains("got none", missing.Message, StringComparison.Ordinal);

        // With zero, or with a copy of another's answer, in the missing place.
        partials[Active[1]] = [.. partials[Active[0]][..4], .. new byte[partials[Active[0]].Length - 4]];
        Assert.Throws<DecryptionException>(() => Combine(sum, Active, partials));
        partials[Active[1]] = partials[Active[0]];
        Assert.Throws<DecryptionException>(() => Combine(sum, Active, partials));
    }

    [Fact]
    public void A_partial_decryption_of_another_sum_is_noticed()
    {
        EncryptedVector sum = _ceremony.SumOf([_addend], SlotBits);
        EncryptedVector other = _ceremony.SumOf([_addend], SlotBits);
        Dictionary<string, byte[]> partials = _ceremony.PartialsOf(sum, Active);
        partials[Active[2]] = _ceremony.ShareOf(Active[2]).PartiallyDecrypt(other, Active);

        Assert.Throws<DecryptionException>(() => Combine(sum, Active, partials));
    }

    [Fact]
    public void Partial_decryptions_for_different_active_sets_do_not_mix()
    {
        EncryptedVector sum = _ceremony.SumOf([_addend], SlotBits);
        Dictionary<string, byte[]> partials = _ceremony.PartialsOf(sum, Active);
        string[] otherSet = [_ceremony.Parties[0], _ceremony.Parties[1], _ceremony.Parties[3]];
        partials[_ceremony.Parties[3]] = _ceremony.ShareOf(_ceremony.Parties[3]).PartiallyDecrypt(sum, otherSet);

        Assert.Throws<DecryptionException>(() => Combine(sum, otherSet, partials));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(100_000)]
    public void One_altered_bit_of_a_partial_decryption_is_noticed(int position)
    {
        EncryptedVector sum = _ceremony.SumOf([_addend], SlotBits);
        Dictionary<string, byte[]> partials = _ceremony.PartialsOf(sum, Active);
        partials[Active[0]][position] ^= 1;

        Assert.Throws<DecryptionException>(() => Combine(sum, Active, partials));
    }

    [Fact]
    public void A_wrong_opening_says_nothing_about_how_wrong_it_is()
    {
        EncryptedVector sum = _ceremony.SumOf([_addend], SlotBits);
        Dictionary<string, byte[]> partials = _ceremony.PartialsOf(sum, Active);
        byte[] honest = [.. partials[Active[0]]];
        partials[Active[0]][4] ^= 1;
        string one = Assert.Throws<DecryptionException>(() => Combine(sum, Active, partials)).Message;
        partials[Active[0]] = honest;
        partials[Active[1]][77_777] ^= 128;
        string other = Assert.Throws<DecryptionException>(() => Combine(sum, Active, partials)).Message;

        Assert.Equal(one, other);
        Assert.DoesNotMatch("[0-9]", one);
    }

    [Fact]
    public void Active_sets_that_are_not_the_threshold_with_self_in_it_are_refused()
    {
        EncryptedVector sum = _ceremony.SumOf([_addend], SlotBits);
        DecryptionKeyShare share = _ceremony.ShareOf(_ceremony.Parties[0]);
        string[][] wrong =
        [
            _ceremony.Parties[..2],
            _ceremony.Parties,
            _ceremony.Parties[1..],
            [_ceremony.Parties[0], _ceremony.Parties[1], _ceremony.Parties[1]],
            [_ceremony.Parties[0], _ceremony.Parties[1], "stranger"],
        ];

        Assert.All(wrong, active => Assert.Throws<CiphertextException>(() => share.PartiallyDecrypt(sum, active)));
        Assert.All(wrong, active => Assert.Throws<CiphertextException>(() => Combine(sum, active, [])));
    }

    [Fact]
    public void A_ciphertext_is_answered_for_one_active_set_only_and_always_alike()
    {
        EncryptedVector sum = _ceremony.SumOf([_addend], SlotBits);
        DecryptionKeyShare share = _ceremony.ShareOf(_ceremony.Parties[0]);

        byte[] first = share.PartiallyDecrypt(sum, Active);
        byte[] again = share.PartiallyDecrypt(sum, [.. Active.Reverse()]);
        CiphertextException refusal = Assert.Throws<CiphertextException>(() => share.PartiallyDecrypt(
            sum, [_ceremony.Parties[0], _ceremony.Parties[2], _ceremony.Parties[3]]));

        Assert.Equal(first, again);
        Assert.Contains("another active set", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_share_that_was_put_away_answers_as_before()
    {
        EncryptedVector sum = _ceremony.SumOf([_addend], SlotBits);
        DecryptionKeyShare share = _ceremony.ShareOf(_ceremony.Parties[0]);
        byte[] exported = share.Export();
        using DecryptionKeyShare restored =
            DecryptionKeyShare.Import(Parameters, _ceremony.Parties, _ceremony.Parties[0], exported);

        Assert.Equal(share.PartiallyDecrypt(sum, Active), restored.PartiallyDecrypt(sum, Active));
        Assert.Throws<CiphertextException>(() => DecryptionKeyShare.Import(
            Parameters, _ceremony.Parties, _ceremony.Parties[0], exported.AsSpan(1)));
    }

    [Fact]
    public void A_key_opens_no_more_ciphertexts_than_its_smudging_is_made_for()
    {
        // The record is asked directly: 1025 real ciphertexts would take minutes.
        using DecryptionKeyShare share = DecryptionKeyShare.Import(
            Parameters, _ceremony.Parties, _ceremony.Parties[0], _ceremony.ShareOf(_ceremony.Parties[0]).Export());
        byte[][] digests = [.. Enumerable.Range(0, ThresholdParameters.MostDecryptions + 1)
            .Select(i => SHA256.HashData(BitConverter.GetBytes(i)))];
        share.Record(digests[1..], "set");
        share.Record(digests[1..], "set");

        CiphertextException refusal = Assert.Throws<CiphertextException>(() => share.Record(digests[..1], "set"));
        Assert.Contains("make a new key", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sum_that_is_not_rerandomised_is_not_decrypted()
    {
        EncryptedVector fresh = _ceremony.Key.Encrypt(_addend, SlotBits);

        Assert.Throws<CiphertextException>(
            () => _ceremony.ShareOf(_ceremony.Parties[0]).PartiallyDecrypt(fresh, Active));
    }

    [Fact]
    public void Rerandomising_moves_both_halves_and_can_be_recomputed()
    {
        EncryptedVector sum = _ceremony.Key.Encrypt(_addend, SlotBits);
        byte[] other = SHA256.HashData("another round"u8);

        EncryptedVector once = sum.Rerandomised(_ceremony.Key, Ceremony.Context);
        EncryptedVector again = sum.Rerandomised(_ceremony.Key, Ceremony.Context);

        Assert.Equal(once.ToBytes(), again.ToBytes());
        Assert.NotEqual(once.ToBytes(), sum.Rerandomised(_ceremony.Key, other).ToBytes());
        Assert.NotEqual(sum.Ciphertexts[0].C1Digest(), once.Ciphertexts[0].C1Digest());
        Assert.False(sum.Ciphertexts[0].C0.AsSpan().SequenceEqual(once.Ciphertexts[0].C0));
        Assert.Throws<CiphertextException>(() => once.Rerandomised(_ceremony.Key, Ceremony.Context));
        Assert.Throws<CiphertextException>(() => sum.Add(once));
        Assert.Throws<ArgumentException>(() => sum.Rerandomised(_ceremony.Key, new byte[31]));
    }

    [Fact]
    public void Vectors_of_every_form_come_back_from_their_bytes()
    {
        EncryptedVector fresh = _ceremony.Key.Encrypt(_addend, SlotBits);
        EncryptedVector sum = EncryptedVector.Parse(Parameters, fresh.ToBytes(), Slots, SlotBits);
        sum.Add(fresh.ToBytes());
        EncryptedVector rerandomised = sum.Rerandomised(_ceremony.Key, Ceremony.Context);

        foreach (EncryptedVector vector in (EncryptedVector[])[fresh, sum, rerandomised])
        {
            EncryptedVector parsed = EncryptedVector.Parse(Parameters, vector.ToBytes(), Slots, SlotBits);
            Assert.Equal(vector.ToBytes(), parsed.ToBytes());
            Assert.Equal(vector.Addends, parsed.Addends);
        }

        Assert.Equal(Parameters.SumBytes(Slots, SlotBits), sum.ToBytes().Length);
    }

    [Fact]
    public void Bytes_that_are_no_vector_of_this_shape_are_refused_before_anything_is_added()
    {
        byte[] bytes = _ceremony.Key.Encrypt(_addend, SlotBits).ToBytes();
        int c1 = bytes.Length - Parameters.Ring.PackedBytes;
        byte[] beyond = [.. bytes];
        beyond.AsSpan(c1, 6).Fill(0xff);
        byte[] transparent = [.. bytes[..c1], .. new byte[bytes.Length - c1]];
        byte[] unknown = [.. bytes];
        unknown[0] = 4;
        byte[] manyAddends = [.. bytes];
        BinaryPrimitives.WriteUInt16LittleEndian(manyAddends.AsSpan(2), 2);
        byte[][] wrong = [[], bytes[..^1], [.. bytes, 0], beyond, transparent, unknown, manyAddends];
        EncryptedVector sum = _ceremony.Key.Encrypt(_addend, SlotBits);
        byte[] before = sum.ToBytes();

        Assert.All(wrong, vector =>
        {
            Assert.Throws<CiphertextException>(() => EncryptedVector.Parse(Parameters, vector, Slots, SlotBits));
            Assert.Throws<CiphertextException>(() => sum.Add(vector));
        });
        Assert.Equal(before, sum.ToBytes());
        Assert.Throws<CiphertextException>(() => EncryptedVector.Parse(Parameters, bytes, 1_000_000, SlotBits));
        Assert.Throws<CiphertextException>(() => EncryptedVector.Parse(Parameters, bytes, Slots, 17));
        Assert.Contains("zero", Assert.Throws<CiphertextException>(
            () => EncryptedVector.Parse(Parameters, transparent, Slots, SlotBits)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_addends_than_agreed_are_refused()
    {
        byte[] bytes = _ceremony.Key.Encrypt(_addend, SlotBits).ToBytes();
        EncryptedVector sum = EncryptedVector.Parse(Parameters, bytes, Slots, SlotBits);
        for (int addend = 1; addend < Parameters.Addends; addend++)
        {
            sum.Add(bytes);
        }

        Assert.Throws<CiphertextException>(() => sum.Add(bytes));
        Assert.Throws<CiphertextException>(() => sum.Add(EncryptedVector.Parse(Parameters, bytes, Slots, SlotBits)));
    }

    [Fact]
    public void A_key_is_the_sum_of_one_share_of_every_dealer()
    {
        List<byte[]> shares = [];
        foreach (string party in _ceremony.Parties)
        {
            using KeyDealing dealing = KeyDealing.Create(Parameters, Ceremony.Digest, _ceremony.Parties, party);
            shares.Add(dealing.PublicShare);
            Assert.Equal(Parameters.PublicShareBytes, dealing.PublicShare.Length);
            Assert.Equal(Parameters.KeyShareBytes, dealing.ShareFor(party).Length);
            Assert.Throws<CiphertextException>(() => dealing.ShareFor("stranger"));
        }

        byte[] key = CollectiveKey.Sum(Parameters, Ceremony.Digest, shares).ToBytes();
        Assert.Equal(key, CollectiveKey.Parse(Parameters, Ceremony.Digest, key).ToBytes());
        Assert.Throws<CiphertextException>(() => CollectiveKey.Sum(Parameters, Ceremony.Digest, shares[1..]));
        Assert.Throws<CiphertextException>(
            () => CollectiveKey.Sum(Parameters, Ceremony.Digest, [.. shares[1..], shares[1]]));
        Assert.Throws<CiphertextException>(
            () => CollectiveKey.Sum(Parameters, Ceremony.Digest, [.. shares[1..], new byte[10]]));
        Assert.Throws<CiphertextException>(
            () => KeyDealing.Create(Parameters, Ceremony.Digest, _ceremony.Parties, "stranger"));
        Assert.Throws<CiphertextException>(
            () => KeyDealing.Create(Parameters, Ceremony.Digest, _ceremony.Parties[1..], _ceremony.Parties[1]));
    }

    [Fact]
    public void Disposed_secrets_answer_nothing()
    {
        KeyDealing dealing = KeyDealing.Create(Parameters, Ceremony.Digest, _ceremony.Parties, _ceremony.Parties[0]);
        dealing.Dispose();
        Assert.Throws<ObjectDisposedException>(() => dealing.ShareFor(_ceremony.Parties[0]));

        DecryptionKeyShare share = DecryptionKeyShare.Import(
            Parameters, _ceremony.Parties, _ceremony.Parties[0], _ceremony.ShareOf(_ceremony.Parties[0]).Export());
        share.Dispose();
        Assert.Throws<ObjectDisposedException>(share.Export);
    }

    private ulong[] Combine(EncryptedVector sum, string[] active, Dictionary<string, byte[]> partials) =>
        ThresholdDecryption.Combine(Parameters, _ceremony.Parties, sum, active, partials, Slots, SlotBits);

    public sealed class FourParties : IDisposable
    {
        internal Ceremony Ceremony { get; } = new(parties: 4, threshold: 3, addends: 4);

        public void Dispose() => Ceremony.Dispose();
    }
}
