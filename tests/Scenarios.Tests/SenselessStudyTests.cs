using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.Models;
using DigitalTwin.Scenarios.Tests.Hosting;

namespace DigitalTwin.Scenarios.Tests;

// Goal: whatever a researcher proposes or a hospital hands in, the study ends with a sentence and every process stays.
// Method: a name that is taken, a document that is none, rows that give no statistic, and promises at the schema's
// edges.
public sealed class SenselessStudyTests
{
    [Fact]
    public async Task A_name_that_was_used_before_is_refused()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync();
        await consortium.RunStudyAsync(StudyText.Newton("once", rounds: 1));

        RecordRefusedException refusal = await Assert.ThrowsAsync<RecordRefusedException>(
            () => consortium.RunStudyAsync(StudyText.PrivateGradient("once")));

        Assert.Equal("Study once was proposed before; choose another name.", refusal.Message);
        await AssertNobodyFellAsync(consortium);
    }

    [Theory]
    [InlineData("this is no document")]
    [InlineData("{\"contract\":\"heart-disease/v1\",\"contractSha256\":\"\",\"features\":[],\"study\":\"version: 1\"}")]
    [InlineData("{\"features\":[[]],\"study\":7}")]
    public async Task A_document_that_is_none_ends_its_study(string document)
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync();
        using MemberSession researcher = new(consortium.Researcher);
        await researcher.FollowUntilAsync(replica => replica.Members.Hospitals().Count == 4);
        byte[] bytes = Encoding.UTF8.GetBytes(document);

        await researcher.Network.AppendAsync(
            new Draft("study-proposed", new()
            {
                ["document"] = Convert.ToHexStringLower(SHA256.HashData(bytes)),
                ["study"] = "garbage",
                ["title"] = "No study at all",
            }),
            CancellationToken.None);
        await researcher.Network.UploadAsync(bytes, CancellationToken.None);
        await researcher.FollowUntilAsync(replica => replica.Studies.Find("garbage")?.Closing is not null);

        StudyState study = researcher.Replica.Studies.Find("garbage")!;
        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Contains("no study document", study.Closing.Reason, StringComparison.Ordinal);
        Assert.Empty(study.Accepted);
        await AssertNobodyFellAsync(consortium);
    }

    [Fact]
    public async Task Addends_that_sum_to_nothing_sensible_end_the_study_and_not_the_coordinator()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync(changed: WithoutTrainingRows);

        StudyState study = await consortium.RunStudyAsync(StudyText.Newton("no-rows"));

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.Contains("The sum is no statistic of this round", study.Closing.Reason, StringComparison.Ordinal);
        await AssertNobodyFellAsync(consortium);
    }

    [Theory]
    [InlineData("kind: logistic", "kind: gradient, rounds: 1",
        "epsilon: 100, delta: 0.1, clip: 1e-6, noise: distributed")]
    [InlineData("kind: mlp, hidden: [64, 64]", "kind: gradient, rounds: 1, learningRate: 1e3",
        "epsilon: 100, delta: 0.1")]
    [InlineData("kind: logistic", "kind: newton, rounds: 2, l2: 0", null)]
    public async Task A_study_at_the_edge_of_the_schema_ends(string model, string algorithm, string? dp)
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync();
        string yaml = StudyText.Newton("edge")
            .Replace("kind: logistic", model, StringComparison.Ordinal)
            .Replace("kind: newton, rounds: 2, l2: 1", algorithm, StringComparison.Ordinal)
            .Replace("dp: none", dp is null ? "dp: none" : $"dp: {{ {dp} }}", StringComparison.Ordinal);

        Task<StudyState> run = consortium.RunStudyAsync(yaml);
        await Task.WhenAny([run, .. consortium.Nodes.Select(node => node.Run)]);

        await AssertNobodyFellAsync(consortium, audit: false);
        StudyState study = await run;
        Assert.NotEmpty(study.Closing!.Reason);
        await AssertNobodyFellAsync(consortium);
    }

    private static LoadedData WithoutTrainingRows(LoadedData data) =>
        data with { Site = data.Site with { Train = new Table(data.Site.Train.Columns, [], []) } };

    private static async Task AssertNobodyFellAsync(RunningConsortium consortium, bool audit = true)
    {
        Assert.False(consortium.Coordinator.HasEnded);
        foreach (RunningNode node in consortium.Nodes)
        {
            Assert.Null(node.Run.Exception);
            Assert.False(node.Run.IsCompleted);
        }

        if (audit)
        {
            await consortium.AssertVerifiesAsync();
        }
    }
}
