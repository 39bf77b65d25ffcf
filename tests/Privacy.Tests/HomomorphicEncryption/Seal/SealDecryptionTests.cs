using DigitalTwin.Privacy.HomomorphicEncryption;
using DigitalTwin.Privacy.HomomorphicEncryption.Seal;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption.Seal;

// Goal: node-seal's ciphertexts open to what it encrypted, and ours to what we encrypt. Method: its secret keys and
// ciphertexts, whose messages have a formula; then keys of our own, of one holder and of five.
public sealed class SealDecryptionTests
{
    // 46 + 44 bits of data modulus and a special prime of 16: on the line of 2024, with room to smudge for five.
    private static readonly SealParameters Shared = SampleObjects.ThreePrimes;

    [Fact]
    public void Bfv_ciphertexts_of_node_seal_open_to_its_formula()
    {
        int opened = 0;
        foreach (SealObjects objects in SealObjects.Load().Where(objects => objects.Scheme == "bfv"))
        {
            using SealSecretKey key = SealSecretKey.Parse(objects.Parameters, objects["secret_key"]);
            BatchEncoder encoder = new(objects.Parameters);
            long[] first = Formula(objects.Degree, plaintext: 0);
            long[] second = Formula(objects.Degree, plaintext: 1);
            long[] sum = [.. first.Zip(second, (a, b) => a + b)];

            Assert.Equal(first, encoder.Decode(SealPlaintext.Parse(objects.Parameters, objects["plain0"])));
            Assert.Equal(first, Slots("ct0_pk"));
            Assert.Equal(second, Slots("ct1_pk"));
            Assert.Equal(sum, Slots("ct_sum"));
            Assert.Equal(first, Slots("ct0_sym_seeded"));
            opened += 4;

            long[] Slots(string name) => encoder.Decode(SealBfv.Decrypt(key, objects.Ciphertext(name)));
        }

        Assert.Equal(8, opened);
    }

    [Fact]
    public void Batched_plaintexts_are_those_of_node_seal()
    {
        foreach (SealObjects objects in SealObjects.Load().Where(objects => objects.Scheme == "bfv"))
        {
            BatchEncoder encoder = new(objects.Parameters);

            Assert.Equal(objects["plain0"], encoder.Encode(Formula(objects.Degree, plaintext: 0)).ToBytes());
        }
    }

    [Fact]
    public void Ckks_ciphertexts_of_node_seal_open_to_its_formula()
    {
        SealObjects objects = SealObjects.Load().Single(objects => objects.Scheme == "ckks");
        using SealSecretKey key = SealSecretKey.Parse(objects.Parameters, objects["secret_key"]);
        CkksEncoder encoder = new(objects.Parameters);

        Near(i => double.Sin(i), SealPlaintext.Parse(objects.Parameters, objects["plain0"]), 1e-4);
        Near(i => double.Sin(i), Open("ct0_pk"), 2e-2);
        Near(i => double.Sin(i + 1), Open("ct1_pk"), 2e-2);
        Near(i => double.Sin(i) + double.Sin(i + 1), Open("ct_sum"), 4e-2);
        Near(i => double.Sin(i), Open("ct0_sym_seeded"), 2e-2);

        SealPlaintext Open(string name) => CkksEncoder.Decrypt(key, objects.Ciphertext(name));

        // Fresh noise of a coefficient has σ ≈ √(2048·14) ≈ 170 of 2^25, and a slot adds 2048 coefficients with random
        // phases: σ ≈ 2.3e-4; the tolerances are 87 of them.
        void Near(Func<int, double> formula, SealPlaintext plaintext, double tolerance)
        {
            double[] decoded = encoder.Decode(plaintext);
            for (int i = 0; i < decoded.Length; i++)
            {
                Assert.Equal(formula(i), decoded[i], tolerance);
            }
        }
    }

    [Fact]
    public void The_public_key_of_node_seal_belongs_to_its_secret_key_and_takes_our_encryption()
    {
        foreach (SealObjects objects in SealObjects.Load().Where(objects => objects.Scheme == "bfv"))
        {
            SealParameters parameters = objects.Parameters;
            using SealSecretKey secret = SealSecretKey.Parse(parameters, objects["secret_key"]);
            SealPublicKey key = SealPublicKey.Parse(parameters, objects["public_key"]);
            BatchEncoder encoder = new(parameters);
            long[] slots = Formula(parameters.Degree, plaintext: 5);

            SealCiphertext ours = SealBfv.Encrypt(key, encoder.Encode(slots));
            SealCiphertext reread = SealCiphertext.Parse(parameters, ours.ToBytes());

            Assert.Equal(slots, encoder.Decode(SealBfv.Decrypt(secret, reread)));
        }
    }

    [Fact]
    public void Our_own_key_opens_the_sum_of_what_it_encrypts()
    {
        (SealSecretKey secret, SealPublicKey key) = SealSecretKey.Generate(Shared);
        using (secret)
        {
            SealPublicKey reread = SealPublicKey.Parse(Shared, key.ToBytes());
            ulong[] largest = [.. Enumerable.Repeat(Shared.PlainModulus - 1, Shared.Degree)];
            ulong[] counting = [.. Enumerable.Range(0, Shared.Degree).Select(i => (ulong)i * 1_000_003)];

            SealCiphertext sum = SealBfv.Encrypt(reread, SealPlaintext.Of(Shared, largest))
                .Plus(SealBfv.Encrypt(reread, SealPlaintext.Of(Shared, counting)));

            ulong[] expected = [.. counting.Select(c => (c + Shared.PlainModulus - 1) % Shared.PlainModulus)];
            Assert.True(reread.IsSeeded);
            Assert.Equal(expected, SealBfv.Decrypt(secret, sum).Words.ToArray());
        }
    }

    [Fact]
    public void Another_key_does_not_open_and_learns_nothing_from_the_refusal()
    {
        (SealSecretKey secret, SealPublicKey key) = SealSecretKey.Generate(Shared);
        (SealSecretKey stranger, _) = SealSecretKey.Generate(Shared);
        using (secret)
        using (stranger)
        {
            SealCiphertext ciphertext = SealBfv.Encrypt(key, SealPlaintext.Of(Shared, [7]));

            Assert.Throws<DecryptionException>(() => SealBfv.Decrypt(stranger, ciphertext));
        }
    }

    [Fact]
    public void Five_parties_open_a_sum_together_and_four_do_not()
    {
        SealSeed common = SampleObjects.Seed;
        SealParty[] parties = [.. Enumerable.Range(0, 5)
            .Select(_ => SealParty.Create(Shared, common, parties: 5, addends: 3))];
        SealPublicKey key = SealPublicKey.Parse(
            Shared, SealParty.CollectiveKey(Shared, common, parties).ToBytes());
        ulong[][] messages = [.. Enumerable.Range(1, 3).Select(
            k => Enumerable.Range(0, Shared.Degree).Select(i => (ulong)((i * k) + k)).ToArray())];

        SealCiphertext sum = messages
            .Select(message => SealBfv.Encrypt(key, SealPlaintext.Of(Shared, message)))
            .Aggregate((left, right) => left.Plus(right));
        ulong[][] partials = [.. parties.Select(party => party.PartiallyDecrypt(sum))];

        ulong[] expected = [.. Enumerable.Range(0, Shared.Degree).Select(i => (ulong)((6 * i) + 6))];
        Assert.Equal(expected, SealParty.Combine(sum, partials).Words.ToArray());
        Assert.Throws<DecryptionException>(() => SealParty.Combine(sum, partials[..4]));
        Assert.Throws<InvalidOperationException>(() => parties[0].PartiallyDecrypt(sum));
        foreach (SealParty party in parties)
        {
            party.Dispose();
        }

        Assert.Throws<ObjectDisposedException>(() => parties[0].PartiallyDecrypt(sum));
    }

    [Fact]
    public void Parties_refuse_parameters_that_leave_no_room_to_smudge()
    {
        SealFormatException refusal = Assert.Throws<SealFormatException>(
            () => SealParty.Create(SampleObjects.OnePrime, SampleObjects.Seed, parties: 5, addends: 3));

        Assert.Contains("Smudging", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Packed_slots_are_summed_with_their_signs()
    {
        // Two slots of 22 bits in each coefficient modulo 2^44.
        const int SlotBits = 22, PerCoefficient = 2;
        long[] first = [.. Enumerable.Range(0, 2 * Shared.Degree)
            .Select(i => (long)((i * 7919 % 2_000_001) - 1_000_000))];
        long[] second = [.. first.Select(value => -value / 2)];
        (SealSecretKey secret, SealPublicKey key) = SealSecretKey.Generate(Shared);
        using (secret)
        {
            SealCiphertext sum = SealBfv.Encrypt(key, SealSlots.Pack(Shared, first, SlotBits, PerCoefficient))
                .Plus(SealBfv.Encrypt(key, SealSlots.Pack(Shared, second, SlotBits, PerCoefficient)));

            long[] slots = SealSlots.Unpack(SealBfv.Decrypt(secret, sum), first.Length, SlotBits, PerCoefficient);

            Assert.Equal([.. first.Zip(second, (a, b) => a + b)], slots);
        }
    }

    /// <summary>What node-seal batched: slot i of plaintext k.</summary>
    private static long[] Formula(int degree, int plaintext)
        => [.. Enumerable.Range(0, degree).Select(i => (long)(((7 * i) + (13 * plaintext)) % 201) - 100)];
}
