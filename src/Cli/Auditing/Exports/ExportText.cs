using System.Text.Json;
using System.Text.Json.Nodes;

namespace DigitalTwin.Cli.Auditing.Exports;

/// <summary>How exported JSON is written: indented, one line feed at the end.</summary>
internal static class ExportText
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    public static string Of(JsonObject document) => document.ToJsonString(Indented) + "\n";
}
