using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace DigitalTwin.Architecture.Tests;

/// <summary>A compose file, and the rules that keep a container from being more than its role needs.</summary>
internal sealed partial class Composition
{
    // Folders that hold what must not be written, and the engine's own socket, which is root on the machine.
    private static readonly string[] ForbiddenMounts = ["docker.sock", "/:/", "/proc", "/sys"];

    private readonly Dictionary<string, Dictionary<object, object>> _services = [];
    private readonly Dictionary<object, object> _networks;

    public Composition(string yaml)
    {
        MergingParser parser = new(new Parser(new StringReader(yaml)));
        Dictionary<object, object> document =
            new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(parser);
        foreach ((object name, object service) in Map(document, "services"))
        {
            _services[(string)name] = (Dictionary<object, object>)service;
        }

        _networks = Map(document, "networks");
    }

    public IEnumerable<string> ServicesThat(params string[] command) => _services
        .Where(service => List(service.Value, "command").AsSpan().StartsWith(command))
        .Select(service => service.Key);

    public IEnumerable<string> Violations() =>
        [.. _services.SelectMany(service => Confinement(service.Key, service.Value)), .. SharedVolumes(), .. Reach()];

    private static IEnumerable<string> Confinement(string name, Dictionary<object, object> service)
    {
        string[] mounts = List(service, "volumes");
        List<(bool Broken, string Rule)> rules =
        [
            (Value(service, "read_only") != "true", "the root file system is not read-only"),
            (!List(service, "cap_drop").Contains("ALL"), "capabilities are not dropped"),
            (service.ContainsKey("cap_add"), "capabilities are added"),
            (!List(service, "security_opt").Contains("no-new-privileges:true"), "privileges can be gained"),
            (service.ContainsKey("privileged"), "it is privileged"),
            (service.ContainsKey("ports"), "a port is published to the machine"),
            (Value(service, "network_mode") is not (null or "none"), "it shares a network of another"),
            (Value(service, "user") is "root" or "0", "it runs as root"),
            (mounts.Any(mount => ForbiddenMounts.Any(mount.Contains)), "it mounts what it must not"),
            (mounts.Any(mount => mount[0] is '.' or '/' or '$' && !mount.EndsWith(":ro", StringComparison.Ordinal)),
                "it may write to a folder of the machine"),
            (service.ContainsKey("restart") && !service.ContainsKey("healthcheck"), "nobody asks whether it is well"),
            (service.ContainsKey("env_file") || SecretName().IsMatch(Flat(service)), "a secret stands in the file"),
        ];
        return rules.Where(rule => rule.Broken).Select(rule => $"{name}: {rule.Rule}");
    }

    private IEnumerable<string> SharedVolumes() => _services
        .SelectMany(service => List(service.Value, "volumes").Select(mount => (Service: service.Key, Source: mount)))
        .Where(mount => mount.Source.EndsWith(":/state", StringComparison.Ordinal))
        .GroupBy(mount => mount.Source)
        .Where(group => group.Count() > 1)
        .Select(group => $"{string.Join(", ", group.Select(mount => mount.Service))}: share the volume {group.Key}");

    // Two services meet only where one of them is the coordinator, and no network leads out.
    private IEnumerable<string> Reach()
    {
        foreach ((object name, object network) in _networks)
        {
            if (network is not Dictionary<object, object> settings || Value(settings, "internal") != "true")
            {
                yield return $"{name}: the network leads out of the machine";
            }

            string[] members =
                [.. _services.Keys.Where(service => List(_services[service], "networks").Contains(name))];
            if (members.Count(member => member != "coordinator") > 1)
            {
                yield return $"{name}: {string.Join(", ", members)} can reach each other";
            }
        }

        foreach ((string name, Dictionary<object, object> service) in _services)
        {
            if (!service.ContainsKey("networks") && Value(service, "network_mode") != "none")
            {
                yield return $"{name}: is on the default network, where everyone meets";
            }
        }
    }

    private static string Flat(Dictionary<object, object> service) =>
        string.Join('\n', service.Keys.Append("environment").SelectMany(key => List(service, (string)key)));

    private static Dictionary<object, object> Map(Dictionary<object, object> from, string key) =>
        from.TryGetValue(key, out object? value) ? (Dictionary<object, object>)value : [];

    private static string? Value(Dictionary<object, object> from, string key) =>
        from.TryGetValue(key, out object? value) ? value as string : null;

    private static string[] List(Dictionary<object, object> from, string key) => from.GetValueOrDefault(key) switch
    {
        List<object> values => [.. values.Select(value => value as string ?? "")],
        Dictionary<object, object> values => [.. values.Select(value => $"{value.Key}={value.Value}")],
        string value => [value],
        _ => [],
    };

    [GeneratedRegex(@"(?i)\b\w*(token|password|passwd|secret|private_key|api_?key)\w*\s*[=:]")]
    private static partial Regex SecretName();
}
