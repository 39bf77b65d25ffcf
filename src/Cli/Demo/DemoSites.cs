using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Clinical.Synthetic;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Cli.Demo;

/// <summary>One hospital of the demonstration and where its rows lie.</summary>
internal sealed record DemoSite(string Name, DataSource Source);

/// <summary>The four hospitals: synthetic ones, or the real heart-disease files.</summary>
internal static class DemoSites
{
    private const string Contract = "heart-disease/v1";
    private const string SplitFile = "flamby_split.csv";

    private static readonly string[] RealSites = ["cleveland", "hungarian", "switzerland", "va"];

    /// <summary>Finds or makes the hospitals' files.</summary>
    public static IReadOnlyList<DemoSite> Prepare(DemoOptions options) => options.DataFolder is { } folder
        ? [.. RealSites.Select(site => Real(folder, site))]
        : Synthetic(options);

    /// <summary>One sentence on where the rows come from.</summary>
    public static string Describe(DemoOptions options) => options.DataFolder is { } folder
        ? "Real rows of four hospitals (UCI Heart Disease: Cleveland, Budapest, Zurich and Basel, Long Beach), "
            + $"read from {folder}."
        : $"Synthetic rows, made with seed {options.Seed} after the published marginals of the UCI Heart Disease data; "
            + "no patient behind them.";

    /// <summary>
    /// The replay key of a seeded node: reproducible, and therefore no protection against whoever knows the seed.
    /// </summary>
    public static byte[] ReplayKeyOf(ulong seed, string site) => SHA256.HashData(
        Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"DigitalTwin/demo/replay/{seed}/{site}")));

    private static DemoSite Real(string folder, string site)
    {
        string file = Path.Combine(folder, $"processed.{site}.data");
        if (!File.Exists(file))
        {
            throw new CommandException(
                ExitCodes.Usage,
                $"{file} is missing: --data takes a folder with the four files "
                    + $"processed.{{{string.Join(",", RealSites)}}}.data.");
        }

        string split = Path.Combine(folder, SplitFile);
        return new DemoSite(site, new DataSource(file, Contract, File.Exists(split) ? split : null, site));
    }

    private static List<DemoSite> Synthetic(DemoOptions options)
    {
        string folder = Path.Combine(options.Output, "data");
        DurableFile.CreateFolder(folder);
        PhiloxStream stream = new(options.Seed, stream: 0);
        List<DemoSite> sites = [];
        foreach (SyntheticHospital hospital in SyntheticHospitals.HeartDisease(stream.NextUInt64))
        {
            string file = Path.Combine(folder, hospital.Name + ".csv");
            File.WriteAllText(file, hospital.ToCsv());
            sites.Add(new DemoSite(hospital.Name, new DataSource(file, Contract, null, hospital.Name)));
        }

        return sites;
    }
}
