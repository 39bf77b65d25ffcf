using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using DigitalTwin.Cli.Reporting;
using DigitalTwin.Cli.Studies;
using DigitalTwin.Cli.Tests.Reporting;
using DigitalTwin.Documents;
using DigitalTwin.Federation.Studies;

namespace DigitalTwin.Cli.Tests.Documents;

// Goal: the reference pages list what the program has, no more and no less. Method: constants, keys and examples are
// read from the program and from the page and compared; every link between pages leads to a file.
public sealed partial class ReferencePagesTests
{
    [Fact]
    public void The_exit_codes_are_those_of_the_program()
    {
        int[] program =
        [
            .. typeof(ExitCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
                .Where(field => field.IsLiteral)
                .Select(field => (int)field.GetRawConstantValue()!)
                .Order(),
        ];
        int[] page =
        [
            .. Pages.Read("docs/exit-codes.md").TableRows()
                .Where(cells => int.TryParse(cells[0], CultureInfo.InvariantCulture, out int _))
                .Select(cells => int.Parse(cells[0], CultureInfo.InvariantCulture)),
        ];

        Assert.Equal(program, page);
    }

    [Fact]
    public void The_keys_of_the_result_are_those_of_a_run()
    {
        using JsonDocument document = JsonDocument.Parse(ResultJson.Write(SampleRun.Private() with
        {
            Processes = [new ProcessResult("coordinator", 1)],
        }));
        SortedSet<string> program = new(StringComparer.Ordinal);
        Collect(document.RootElement, "", program);
        SortedSet<string> page = new(
            Pages.Read("docs/result-json.md").TableRows()
                .Select(cells => cells[0])
                .Where(cell => cell.StartsWith('`'))
                .Select(cell => cell.Trim('`')),
            StringComparer.Ordinal);

        Assert.Equal(program, page);
    }

    [Theory]
    [InlineData("studies/heart-risk.yaml")]
    [InlineData("studies/heart-risk-exact.yaml")]
    [InlineData("studies/icu-mortality.yaml")]
    public void An_example_study_compiles_and_names_only_documented_fields(string path)
    {
        string yaml = File.ReadAllText(Pages.FullPath(path));
        StudyDocument document = StudyDesk.Compile(path, yaml);

        Assert.Equal(Path.GetFileNameWithoutExtension(path), document.Study.Name);
        Assert.Equal(document.Sha256, StudyDesk.Compile(path, yaml).Sha256);
    }

    [Fact]
    public void The_example_policy_accepts_the_private_study_and_refuses_the_exact_one()
    {
        string path = Pages.FullPath("docs/examples/policy.yaml");
        NodePolicy policy = NodePolicy.Parse(path, File.ReadAllText(path));

        Assert.Null(policy.Check(Example("heart-risk"), rows: 100, epsilonSpent: 0));
        Assert.Equal(
            "privacy.mostEpsilonInTotal", policy.Check(Example("heart-risk"), rows: 100, epsilonSpent: 3.5)?.Rule);
        Assert.Equal("algorithms", policy.Check(Example("heart-risk-exact"), rows: 100, epsilonSpent: 0)?.Rule);
    }

    [Theory]
    [InlineData("study", "version: 1\nfield: x")]
    [InlineData("policy", "version: 1\nfield: x")]
    [InlineData("study", "version: 1\nmodel: { kind: mlp, field: x }")]
    [InlineData("policy", "version: 1\nprivacy: { field: x }")]
    public void Every_field_that_a_reader_allows_is_on_the_page(string kind, string text)
    {
        string page = Pages.Read("docs/studies.md").Text;
        DocumentException refusal = Assert.Throws<DocumentException>(() =>
        {
            object _ = kind == "study" ? Study.Parse("x", Complete(text)) : NodePolicy.Parse("x", text);
        });
        string allowed = Allowed().Match(refusal.Message).Groups[1].Value;

        Assert.NotEmpty(allowed);
        Assert.All(
            allowed.Split([", ", " and ", " or "], StringSplitOptions.RemoveEmptyEntries),
            field => Assert.Contains(field, page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_examples_of_the_studies_page_are_valid()
    {
        string[] blocks = [.. Pages.Read("docs/studies.md").Blocks("yaml")];

        Assert.Equal(2, blocks.Length);
        Assert.Equal("example", Study.Parse("studies.md", blocks[0]).Name);
        Assert.NotEmpty(NodePolicy.Parse("studies.md", blocks[1]).Contracts);
    }

    [Fact]
    public void Every_link_of_a_page_leads_to_a_file()
    {
        foreach (Page page in Pages.All())
        {
            string folder = Path.GetDirectoryName(Pages.FullPath(page.Path))!;
            foreach (Match link in Link().Matches(page.Text))
            {
                string target = link.Groups[1].Value;
                Assert.True(Path.Exists(Path.Combine(folder, target)), $"{page.Path} links to {target}.");
            }
        }
    }

    private static Study Example(string name)
    {
        string path = Pages.FullPath($"studies/{name}.yaml");
        return Study.Parse(path, File.ReadAllText(path));
    }

    // A reader checks in order; what stands before the field in question has to be there.
    private static string Complete(string text) => text.Contains("model", StringComparison.Ordinal)
        ? text + "\ndata: { contract: heart-disease/v1 }\nstudy: x\ntitle: x"
        : text;

    private static void Collect(JsonElement element, string path, ISet<string> keys)
    {
        switch (element.ValueKind)
        {
            // The keys of this one are the hospitals' names.
            case JsonValueKind.Object when !path.EndsWith("bytesPerSite", StringComparison.Ordinal):
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    string child = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
                    if (property.Value.ValueKind is not JsonValueKind.Object
                        || child.EndsWith("bytesPerSite", StringComparison.Ordinal))
                    {
                        keys.Add(IsListOfObjects(property.Value) ? child + "[]" : child);
                    }

                    Collect(property.Value, child, keys);
                }

                break;
            case JsonValueKind.Array when IsListOfObjects(element):
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Collect(item, path + "[]", keys);
                }

                break;
            default:
                break;
        }
    }

    private static bool IsListOfObjects(JsonElement element) => element.ValueKind == JsonValueKind.Array
        && element.GetArrayLength() > 0 && element[0].ValueKind == JsonValueKind.Object;

    [GeneratedRegex("allowed: ([^.]*)\\.")]
    private static partial Regex Allowed();

    [GeneratedRegex(@"\]\((?!https?:|#)([^)#\s]+)[^)]*\)")]
    private static partial Regex Link();
}
