using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using DigitalTwin.Clinical;
using DigitalTwin.HospitalNode.Connection;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Storage;
using Grpc.Core;

namespace DigitalTwin.HospitalNode;

/// <summary>One thing that was checked.</summary>
public sealed record PreflightCheck(string Name, bool Passed, string Detail);

/// <summary>Whether a node is ready, and what it would tell the others.</summary>
public sealed record PreflightResult(
    bool Passed, IReadOnlyList<PreflightCheck> Checks, string? RowsBucket, string? PrevalenceBucket)
{
    public string ToJson() => JsonSerializer.Serialize(this, PreflightJson.Default.PreflightResult);
}

/// <summary>
/// Checks all that keeps a node from taking part, each on its own, so that one visit finds everything.
/// </summary>
public static class Preflight
{
    /// <summary>Clocks further apart than this make certificates and timestamps disagree.</summary>
    private static readonly TimeSpan MostClockSkew = TimeSpan.FromMinutes(2);

    /// <summary>A node that is warned three weeks ahead can still be renewed in office hours.</summary>
    private static readonly TimeSpan ExpiryWarning = TimeSpan.FromDays(21);

    /// <summary>Space for a year of records and the artefacts of a few studies.</summary>
    private const long FewestFreeBytes = 64L << 20;

    public static async Task<PreflightResult> RunAsync(
        MemberFolder folder, DataSource source, TimeProvider time, CancellationToken cancellationToken)
    {
        List<PreflightCheck> checks =
        [
            Check("certificate", () => CheckCertificate(folder, time)),
            Check("disk", () => CheckDisk(folder)),
            Check("policy", () =>
            {
                NodeRuntime.LoadPolicy(folder);
                return $"{folder.Policy} is valid";
            }),
        ];
        LoadedData? data = null;
        checks.Add(Check("data contract", () =>
        {
            data = SiteDataLoader.Load(source);
            return DescribeRows(data);
        }));
        checks.Add(await CheckCoordinatorAsync(folder, time, cancellationToken));
        return new PreflightResult(
            checks.TrueForAll(check => check.Passed), checks, data?.Site.RowsBucket, data?.Site.PrevalenceBucket);
    }

    private static PreflightCheck Check(string name, Func<string> check)
    {
        try
        {
            return new PreflightCheck(name, true, check());
        }
        catch (Exception problem) when (problem is NodeException or ClinicalDataException or IOException
            or UnauthorizedAccessException)
        {
            return new PreflightCheck(name, false, problem.Message);
        }
    }

    private static string CheckCertificate(MemberFolder folder, TimeProvider time)
    {
        using X509Certificate2 certificate = folder.LoadCertificate(time);
        DateTime expires = certificate.NotAfter.ToUniversalTime();
        string until = string.Create(CultureInfo.InvariantCulture, $"valid until {expires:yyyy-MM-dd}");
        return expires - time.GetUtcNow().UtcDateTime < ExpiryWarning
            ? $"{until}: it is renewed when the node next runs"
            : until;
    }

    private static string CheckDisk(MemberFolder folder)
    {
        string probe = Path.Combine(folder.Root, "preflight.probe");
        DurableFile.WriteAtomically(probe, [1]);
        File.Delete(probe);
        long free = new DriveInfo(Path.GetFullPath(folder.Root)).AvailableFreeSpace;
        return free >= FewestFreeBytes
            ? string.Create(CultureInfo.InvariantCulture, $"{folder.Root} is writable, {free >> 20} MiB free")
            : throw new IOException($"{folder.Root} has {free >> 20} MiB free and needs {FewestFreeBytes >> 20}.");
    }

    private static string DescribeRows(LoadedData data)
    {
        int excluded = data.All.Problems
            .Where(problem => problem.Excluded)
            .Select(problem => problem.Row)
            .Distinct()
            .Count();
        string reasons = string.Join(", ", data.All.Problems
            .GroupBy(problem => $"{problem.Column}: {problem.Reason}")
            .OrderByDescending(group => group.Count())
            .Take(5)
            .Select(group => $"{group.Key} ({group.Count()})"));
        string flags = string.Join(", ", data.All.Flags.Select(flag => $"{flag.Kind} {flag.Subject} ({flag.Count})"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{data.All.RowsRead} rows read, {data.All.Rows} kept, {excluded} excluded")
            + (reasons.Length > 0 ? $"; {reasons}" : "")
            + (flags.Length > 0 ? $"; flags: {flags}" : "");
    }

    private static async Task<PreflightCheck> CheckCoordinatorAsync(
        MemberFolder folder, TimeProvider time, CancellationToken cancellationToken)
    {
        const string Name = "coordinator and clock";
        try
        {
            MemberIdentity identity = folder.Load();
            using X509Certificate2 certificate = folder.LoadCertificate(time);
            using CoordinatorChannel channel = new(identity.Coordinator, identity.CoordinatorPin, certificate);
            DateTimeOffset? there = await new HealthClient(channel).AskTimeAsync(time, cancellationToken);
            return CheckClock(Name, there, time);
        }
        catch (RpcException problem)
        {
            return new PreflightCheck(
                Name, false, $"The coordinator does not answer ({problem.StatusCode}): {problem.Status.Detail}");
        }
        catch (NodeException problem)
        {
            return new PreflightCheck(Name, false, problem.Message);
        }
    }

    private static PreflightCheck CheckClock(string name, DateTimeOffset? there, TimeProvider time)
    {
        if (there is not { } told)
        {
            return new PreflightCheck(name, true, "the coordinator answers (it told no time to compare)");
        }

        TimeSpan skew = (time.GetUtcNow() - told).Duration();
        string seconds = string.Create(CultureInfo.InvariantCulture, $"{skew.TotalSeconds:0} s apart");
        return skew <= MostClockSkew
            ? new PreflightCheck(name, true, $"the coordinator answers, clocks are {seconds}")
            : new PreflightCheck(name, false, $"clocks are {seconds}; set this machine's clock");
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PreflightResult))]
internal sealed partial class PreflightJson : JsonSerializerContext;
