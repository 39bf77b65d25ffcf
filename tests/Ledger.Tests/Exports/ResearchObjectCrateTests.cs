using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Exports;

namespace DigitalTwin.Ledger.Tests.Exports;

// Goal: a crate lists every file with its digest and what the profile requires. Method: a folder of two files.
public sealed class ResearchObjectCrateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_file_but_the_metadata_is_a_part_with_size_type_and_digest()
    {
        Directory.CreateDirectory(_folder["proofs"]);
        File.WriteAllText(_folder["report.json"], "{}");
        File.WriteAllText(_folder["proofs/a.tlog-proof"], "");
        File.WriteAllText(_folder[ResearchObjectCrate.FileName], "an older one");

        JsonObject crate = ResearchObjectCrate.Describe(
            _folder.FullPath, new CrateDescription("n", "d", new DateOnly(2026, 3, 1), "none"),
            path => path == "report.json" ? "The report." : null);

        JsonObject[] graph = [.. crate["@graph"]!.AsArray().Select(entity => entity!.AsObject())];
        Assert.Equal(
            ["ro-crate-metadata.json", "./", "proofs/a.tlog-proof", "report.json"],
            graph.Select(entity => entity["@id"]!.GetValue<string>()));
        Assert.Equal("https://w3id.org/ro/crate/1.1", graph[0]["conformsTo"]!["@id"]!.GetValue<string>());
        Assert.Equal("2026-03-01", graph[1]["datePublished"]!.GetValue<string>());
        Assert.Equal(
            ["proofs/a.tlog-proof", "report.json"],
            graph[1]["hasPart"]!.AsArray().Select(part => part!["@id"]!.GetValue<string>()));

        // printf '{}' | sha256sum
        Assert.Equal(
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", graph[3]["sha256"]!.GetValue<string>());
        Assert.Equal("2", graph[3]["contentSize"]!.GetValue<string>());
        Assert.Equal("The report.", graph[3]["description"]!.GetValue<string>());
        Assert.Equal("text/plain", graph[2]["encodingFormat"]!.GetValue<string>());
    }
}
