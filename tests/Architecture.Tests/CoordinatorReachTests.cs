using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DigitalTwin.Architecture.Tests;

// Goal: the coordinator adds masked updates and can do nothing else with them. Method: the compiler refuses it the
// types that protect addends or open sums (banned symbols), and its sources are searched for their names besides.
public sealed partial class CoordinatorReachTests
{
    private const string Folder = "src/Coordinator/";
    private const string BannedSymbols = Folder + "BannedSymbols.txt";
    private const string Masks = "DigitalTwin.Privacy.SecureAggregation";
    private const string Encryption = "DigitalTwin.Privacy.HomomorphicEncryption";

    private static readonly string[] Openers =
    [
        $"{Masks}.MaskingSecrets",
        $"{Masks}.HeldShares",
        $"{Masks}.ShareKeyPair",
        $"{Masks}.Unmasking",
        $"{Encryption}.KeyDealing",
        $"{Encryption}.DecryptionKeyShare",
        $"{Encryption}.ThresholdDecryption",
    ];

    [Fact]
    public void The_coordinator_bans_the_types_that_protect_and_open()
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
        Assert.Equal(
            Openers[1..], NotBanned(string.Concat(Openers[..1].Select(type => $"T:{type}; no\n"))));
        Assert.Single(Mentions(new SourceFile(Folder + "Round.cs", "Unmasking.Remove(sum); // HeldShares\n")));
        Assert.Empty(Mentions(new SourceFile(Folder + "Round.cs", "// Unmasking\nUnmaskings(1);\n")));
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
        return Openers.Where(type => !lines.Any(line => line.StartsWith($"T:{type};", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Mentions(SourceFile file) => Names()
        .Matches(CSharpText.CodeOnly(file.Text))
        .Select(match => $"{file.Path}: {match.Value}");

    [GeneratedRegex(
        @"\b(MaskingSecrets|HeldShares|ShareKeyPair|Unmasking|KeyDealing|DecryptionKeyShare|ThresholdDecryption)\b")]
    private static partial Regex Names();
}
