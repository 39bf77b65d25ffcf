using System.Globalization;

namespace DigitalTwin.Cli.Tests;

/// <summary>The processes of this machine, from /proc.</summary>
internal static class Proc
{
    public static int[] Ids() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id) ? id : 0)
            .Where(id => id > 0),
    ];

    /// <summary>0 for a process that is gone.</summary>
    public static int ParentOf(int id) =>
        Fields(id) is [_, string parent, ..] ? int.Parse(parent, CultureInfo.InvariantCulture) : 0;

    /// <summary>Whether the process is there and no zombie that only waits to be reaped.</summary>
    public static bool Runs(int id) => Fields(id) is [not "Z", ..];

    // proc(5): "pid (name) state parent …"; the name may hold anything, so the last bracket counts.
    private static string[] Fields(int id)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{id}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }
}
