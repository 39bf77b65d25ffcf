using DigitalTwin.Privacy.HomomorphicEncryption.Seal;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption.Seal;

// Goal: what node-seal writes is read, and written again to the same bytes. Method: every row of the golden file
// through parser and writer; sums recomputed; the zlib and the version-3 dialect by round trip.
public sealed class SealObjectsTests
{
    [Fact]
    public void Every_object_is_written_again_to_the_same_bytes()
    {
        int compared = 0;
        foreach (SealObjects objects in SealObjects.Load())
        {
            foreach (string name in objects.Names)
            {
                Assert.Equal(objects[name], objects.Rewritten(name, objects[name]));
                compared++;
            }
        }

        Assert.Equal(24, compared);
        TestContext.Current.SendDiagnosticMessage($"{compared} objects of seal_interop_vectors.csv compared.");
    }

    [Fact]
    public void The_sum_of_two_ciphertexts_is_the_one_of_node_seal()
    {
        foreach (SealObjects objects in SealObjects.Load())
        {
            SealCiphertext sum = objects.Ciphertext("ct0_pk").Plus(objects.Ciphertext("ct1_pk"));

            Assert.Equal(objects["ct_sum"], sum.ToBytes());
        }
    }

    [Fact]
    public void Other_dialects_give_the_same_object()
    {
        foreach (SealObjects objects in SealObjects.Load())
        {
            foreach (string name in objects.Names.Where(name => name != "secret_key"))
            {
                foreach (SealEncoding encoding in (SealEncoding[])
                    [SealEncoding.Zlib, new(3, 6, SealCompression.None), new(3, 7, SealCompression.Zlib)])
                {
                    byte[] foreign = objects.Rewritten(name, objects[name], encoding);

                    Assert.Equal(objects[name], objects.Rewritten(name, foreign));
                }
            }
        }
    }

    [Fact]
    public void A_version_3_ciphertext_is_shorter_by_the_correction_factor()
    {
        SealObjects objects = SealObjects.Load()[0];

        byte[] older = objects.Ciphertext("ct0_pk").ToBytes(new SealEncoding(3, 7, SealCompression.None));

        Assert.Equal(objects["ct0_pk"].Length - sizeof(ulong), older.Length);
    }

    [Fact]
    public void A_seeded_ciphertext_says_so_and_its_sum_is_full()
    {
        SealObjects objects = SealObjects.Load()[0];
        SealCiphertext seeded = objects.Ciphertext("ct0_sym_seeded");
        SealCiphertext full = objects.Ciphertext("ct0_pk");

        Assert.True(seeded.IsSeeded);
        Assert.False(full.IsSeeded);
        Assert.False(seeded.Plus(full).IsSeeded);
        Assert.Equal(objects["ct0_pk"].Length, seeded.Plus(full).ToBytes().Length);
    }

    [Fact]
    public void Ciphertexts_of_other_parameters_are_neither_read_nor_summed()
    {
        SealObjects[] all = SealObjects.Load();
        SealCiphertext stranger = all[1].Ciphertext("ct0_pk");

        Assert.Throws<SealFormatException>(() => all[0].Ciphertext("ct0_pk").Plus(stranger));
        Assert.Throws<SealFormatException>(() => SealCiphertext.Parse(all[0].Parameters, all[1]["ct0_pk"]));
    }
}
