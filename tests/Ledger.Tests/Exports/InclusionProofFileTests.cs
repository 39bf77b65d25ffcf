using System.Globalization;
using DigitalTwin.Ledger.Exports;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Tests.Exports;

// Goal: the file alone convinces whoever has the leaf and the keys. Method: it is read back line by line, the hashes
// lead from the leaf to the root, and the note carries log and quorum.
public sealed class InclusionProofFileTests(WrittenStudy study) : IClassFixture<WrittenStudy>
{
    [Theory]
    [InlineData(LogKind.Authorization, 0)]
    [InlineData(LogKind.Authorization, 10)]
    [InlineData(LogKind.Data, 7)]
    [InlineData(LogKind.Data, 15)]
    public void A_proof_leads_from_the_leaf_to_the_cosigned_root(LogKind log, int index)
    {
        SmallConsortium consortium = study.Consortium;
        string proof = InclusionProofFile.Write(consortium.Folder, log, index)!;
        int blank = proof.IndexOf("\n\n", StringComparison.Ordinal);
        string[] head = proof[..blank].Split('\n');
        SignedNote note = SignedNote.Parse(proof[(blank + 2)..]);
        Checkpoint checkpoint = Checkpoint.Parse(note.Text);

        Assert.Equal("c2sp.org/tlog-proof@v1", head[0]);
        Assert.Equal("index " + index.ToString(CultureInfo.InvariantCulture), head[1]);
        Assert.True(MerkleProof.VerifyInclusion(
            Rfc6962.Leaf(consortium.KeeperOf(log).Entries.Read(index).Span), index, checkpoint.Size,
            [.. head[2..].Select(MerkleHash.Parse)], checkpoint.Root));
        Assert.Single(note.VerifiedBy([consortium.KeeperOf(log).VerifierKey]));
        Assert.Equal(3, note.VerifiedBy(SmallConsortium.HospitalNames.Select(consortium.WitnessOf)).Count);
    }

    [Fact]
    public void A_record_that_is_not_final_has_no_proof()
    {
        Assert.Null(InclusionProofFile.Write(study.Consortium.Folder, LogKind.Data, 16));
        using SmallConsortium open = new SmallConsortium().Found();
        Assert.Null(InclusionProofFile.Write(open.Folder, LogKind.Authorization, 0));
    }
}
