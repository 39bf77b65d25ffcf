using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DigitalTwin.Architecture.Tests;

// Goal: the coordinator adds masked updates and can do nothing else with them. Method: the compiler refuses it the
// types that make or take off masks (banned symbols), and its sources are searched for their names besides.
public sealed partial class CoordinatorReachTests
{
    private const string Folder = "src/Coordinator/";
    private const string BannedSymbols = Folder + "BannedSymbols.txt";
    private const string Space = "DigitalTwin.Privacy.SecureAggregation";

    private static readonly string[] Unmasking = ["PairwiseMask", "MaskedUpdate", "RoundKeyPair"];

    [Fact]
    public void The_coordinator_bans_the_types_that_mask_and_unmask()
    {
        NeedsCoordinator();
        string banned = Repository.Read(BannedSymbols).Text;

        Violations.None(NotBanned(banned));
    }

    [Fact]
    public void The_compiler_is_given_the_list()
    {
        NeedsCoordinator();
        XDocument project = XDocument.Parse(Repository.Read(Folder + "DigitalTwin.Coordinator.csproj").Text);

        Assert.Contains(
            project.Descendants("AdditionalFiles"),
            file => file.Attribute("Include")?.Value.EndsWith("BannedSymbols.txt", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void The_coordinators_sources_name_none_of_them()
    {
        NeedsCoordinator();

        Violations.None(Repository.CSharp
            .Where(file => file.Path.StartsWith(Folder, StringComparison.Ordinal))
            .SelectMany(Mentions));
    }

    [Fact]
    public void A_missing_ban_and_a_mention_are_found()
    {
        Assert.Equal(["RoundKeyPair"], NotBanned($"T:{Space}.PairwiseMask; no\nT:{Space}.MaskedUpdate;no\n"));
        Assert.Single(Mentions(new SourceFile(Folder + "Round.cs", "PairwiseMask.Apply(sum); // MaskedUpdate\n")));
        Assert.Empty(Mentions(new SourceFile(Folder + "Round.cs", "// PairwiseMask\nMaskedUpdates(1);\n")));
    }

    private static void NeedsCoordinator()
    {
        if (!Directory.Exists(Repository.FullPath(Folder)))
        {
            Assert.Skip($"needs {Folder}");
        }
    }

    private static IEnumerable<string> NotBanned(string list)
    {
        string[] lines = list.Split('\n');
        return Unmasking.Where(type =>
            !lines.Any(line => line.StartsWith($"T:{Space}.{type};", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Mentions(SourceFile file) => Names()
        .Matches(CSharpText.CodeOnly(file.Text))
        .Select(match => $"{file.Path}: {match.Value}");

    [GeneratedRegex(@"\b(PairwiseMask|MaskedUpdate|RoundKeyPair)\b")]
    private static partial Regex Names();
}
