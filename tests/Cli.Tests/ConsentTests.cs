using DigitalTwin.Clinical.Synthetic;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Cli.Tests;

// Goal: a hospital's staff manages consents by five commands, and each mistake is one sentence. Method: the built
// executable on the folder of an enrolled node that does not run; what it leaves is what the node would append.
public sealed class ConsentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ConsentTests()
    {
        MemberFolder node = new(_folder["node"]);
        Directory.CreateDirectory(node.Identity);
        node.Save(new MemberIdentity(
            "north", Role.Hospital, new Uri("https://coordinator.example:7443"), new string('0', 64), ""));
        PhiloxStream stream = new(7, stream: 0);
        File.WriteAllText(_folder["north.csv"], SyntheticHospitals.HeartDisease(stream.NextUInt64)[0].ToCsv());
        File.WriteAllText(_folder["text.txt"], "I consent.");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_consent_is_declared_drawn_withdrawn_and_erased()
    {
        Assert.Contains("every row of the data is offered", Consent("status"), StringComparison.Ordinal);
        Assert.Contains(
            "Policy broad: text ",
            Consent("policy --id broad --text text.txt --basis gdpr-9-2-a"),
            StringComparison.Ordinal);
        Assert.Contains(
            "Batch of 200-499 consents under broad",
            Consent("batch --policy broad --data north.csv"),
            StringComparison.Ordinal);
        Assert.Contains(
            "Withdrawn under broad from ",
            Consent("withdraw --policy broad --row north.csv:3"),
            StringComparison.Ordinal);
        Assert.Contains("200-499 consents, 1 withdrawn, salt kept", Consent("status"), StringComparison.Ordinal);
        Assert.Contains("Erased the salt of broad.", Consent("erase --policy broad --yes"), StringComparison.Ordinal);
        Assert.Contains("1 withdrawn, salt erased", Consent("status"), StringComparison.Ordinal);

        Assert.Equal(
            ["batch", "policy", "withdrawn"],
            Directory.EnumerateFiles(_folder["node/outbox"])
                .Select(path => Path.GetFileNameWithoutExtension(path).Split("-consent-")[1])
                .Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(
        "erase --policy broad",
        ExitCodes.Usage,
        "Erasing the salt of broad cannot be undone, and nothing is trained on under broad afterwards; say --yes to "
            + "do it.")]
    [InlineData(
        "withdraw --policy broad --row 7",
        ExitCodes.Environment,
        "There is no consent policy broad; declare it with dtwin node consent policy.")]
    [InlineData(
        "policy --id broad --text text.txt --basis GDPR",
        ExitCodes.Usage,
        "--basis GDPR: a code has lower-case letters, digits and hyphens, such as gdpr-9-2-a.")]
    public void A_mistake_is_one_sentence(string command, int exitCode, string sentence)
    {
        Answer answer = Run(command);

        Assert.True(answer.ExitCode == exitCode, answer.ToString());
        Assert.Equal($"dtwin: {sentence}\n", answer.Error);
        Assert.False(Directory.Exists(_folder["node/outbox"]));
    }

    private string Consent(string command)
    {
        Answer answer = Run(command);
        Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
        return answer.Output;
    }

    private Answer Run(string command)
    {
        string[] words = command.Split(' ');
        return Dtwin.RunIn(
            _folder.FullPath, ["node", "consent", words[0], "--state", "node", .. words[1..]]);
    }
}
