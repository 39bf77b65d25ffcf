using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Coordinator.Artefacts;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Ledger.Commitments;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Coordinator.Tests.Artefacts;

// Goal: the coordinator's disk takes what a record has named, up to its size, and nothing else; an upload goes on where
// it stopped. Method: a researcher's proposal names one artefact, and every other upload is tried against it.
public sealed class UploadDeskTests : IDisposable
{
    private readonly OpenLedger _open = new();
    private readonly RecordKey _key = RecordKey.Generate();
    private readonly UploadDesk _desk;
    private readonly Member _researcher;
    private readonly byte[] _artefact = RandomNumberGenerator.GetBytes(1000);
    private readonly string _digest;

    public UploadDeskTests()
    {
        _desk = new UploadDesk(_open.Ledger);
        _researcher = _open.Enrol("researcher", Role.Researcher, _key);
        _digest = Convert.ToHexStringLower(SHA256.HashData(_artefact));
        JsonObject fields = new() { ["document"] = _digest, ["study"] = "study", ["title"] = "A study" };
        Assert.True(_open.Append(_researcher, _key, "study-proposed", fields, out string refusal) >= 0, refusal);
    }

    [Fact]
    public void A_named_artefact_is_taken_in_one_piece()
    {
        Assert.Equal(1000, Put(0, _artefact));
        Assert.Equal(_artefact, _open.Ledger.Blobs.Get(_digest));
    }

    [Fact]
    public void An_upload_goes_on_where_it_stopped()
    {
        Assert.Equal(400, Put(0, _artefact.AsSpan(0, 400)));
        Assert.Equal(400, Put(0, _artefact.AsSpan(0, 400)));
        Assert.Equal(400, Put(900, _artefact.AsSpan(900)));
        Assert.False(_open.Ledger.Blobs.Has(_digest));
        Assert.Equal(1000, Put(400, _artefact.AsSpan(400)));

        Assert.Equal(_artefact, _open.Ledger.Blobs.Get(_digest));
    }

    [Fact]
    public void A_finished_upload_may_be_repeated()
    {
        Put(0, _artefact);

        Assert.Equal(1000, Put(0, _artefact));
        Assert.Equal(1000, Put(500, _artefact.AsSpan(500)));
    }

    [Fact]
    public void The_proofs_that_a_hospitals_newest_snapshot_names_are_taken()
    {
        using RecordKey key = RecordKey.Generate();
        Member hospital = _open.Enrol("north", Role.Hospital, key);
        byte[] proofs = RandomNumberGenerator.GetBytes(500);
        string digest = Convert.ToHexStringLower(SHA256.HashData(proofs));
        Assert.True(_open.Append(hospital, key, "study-accepted", new()
        {
            ["study"] = "study",
            ["document"] = _digest,
            ["rowsBucket"] = "100-199",
            ["prevalenceBucket"] = "25-50%",
            ["contract"] = "heart-disease/v1",
        }, out string refusal) >= 0, refusal);
        _open.Ledger.AppendOwn(new Draft("study-approved", new()
        {
            ["study"] = "study",
            ["document"] = _digest,
            ["participants"] = new JsonArray("north"),
            ["onMissing"] = "degrade",
        }));
        Assert.Equal(-1, _desk.Put(hospital, digest, 500, 0, proofs, out _));

        AppendSnapshot(hospital, key, 1, digest);
        Assert.Equal(-1, _desk.Put(_researcher, digest, 500, 0, proofs, out _));
        Assert.Equal(-1, _desk.Put(hospital, digest, ExclusionProofs.MostBytes + 1L, 0, proofs, out _));
        AppendSnapshot(hospital, key, 2, new string('0', 64));
        Assert.Equal(-1, _desk.Put(hospital, digest, 500, 0, proofs, out _));
        AppendSnapshot(hospital, key, 3, digest);
        Assert.Equal(500, _desk.Put(hospital, digest, 500, 0, proofs, out _));
        Assert.Equal(proofs, _open.Ledger.Blobs.Get(digest));
    }

    [Fact]
    public void An_artefact_that_no_record_names_is_refused()
    {
        string other = Convert.ToHexStringLower(SHA256.HashData([1]));

        Assert.Equal(-1, _desk.Put(_researcher, other, 1, 0, [1], out string refusal));
        Assert.Equal("No record of yours names this artefact.", refusal);
        Assert.False(_open.Ledger.Blobs.Has(other));
    }

    [Theory]
    [InlineData(Role.Hospital)]
    [InlineData(Role.Auditor)]
    public void Another_members_artefact_is_refused(Role role)
    {
        using RecordKey key = RecordKey.Generate();
        Member other = _open.Enrol("other", role, key);

        Assert.Equal(-1, _desk.Put(other, _digest, _artefact.Length, 0, _artefact, out string refusal));
        Assert.Equal("No record of yours names this artefact.", refusal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(StudyDocument.MostBytes + 1L)]
    [InlineData(long.MaxValue)]
    public void A_size_that_the_record_does_not_allow_is_refused(long totalBytes)
    {
        Assert.Equal(-1, _desk.Put(_researcher, _digest, totalBytes, 0, _artefact, out string refusal));
        Assert.Contains("has at most 262144 bytes", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chunk_above_a_mebibyte_is_refused()
    {
        byte[] chunk = new byte[UploadDesk.MostChunkBytes + 1];

        Assert.Equal(-1, _desk.Put(_researcher, _digest, _artefact.Length, 0, chunk, out string refusal));
        Assert.Contains("A chunk has at most 1048576 bytes", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void More_bytes_than_were_announced_are_not_taken()
    {
        Assert.Equal(0, _desk.Put(_researcher, _digest, 10, 0, _artefact, out _));
        Assert.False(_open.Ledger.Blobs.Has(_digest));
    }

    [Fact]
    public void Wrong_bytes_are_refused_and_the_right_ones_taken_afterwards()
    {
        Assert.Equal(-1, _desk.Put(_researcher, _digest, _artefact.Length, 0, new byte[1000], out string refusal));
        Assert.Contains("send them again", refusal, StringComparison.Ordinal);
        Assert.False(_open.Ledger.Blobs.Has(_digest));

        Assert.Equal(1000, Put(0, _artefact));
    }

    public void Dispose()
    {
        _key.Dispose();
        _open.Dispose();
    }

    private long Put(long offset, ReadOnlySpan<byte> chunk) =>
        _desk.Put(_researcher, _digest, _artefact.Length, offset, chunk, out _);

    private void AppendSnapshot(Member hospital, RecordKey key, int number, string exclusions) =>
        Assert.True(_open.Append(hospital, key, "snapshot-committed", new()
        {
            ["study"] = "study",
            ["snapshot"] = number,
            ["rows"] = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            ["rowsBucket"] = "100-199",
            ["contract"] = "heart-disease/v1",
            ["schema"] = new string('c', 64),
            ["withdrawn"] = 1,
            ["exclusions"] = exclusions,
        }, out string refusal) >= 0, refusal);
}
