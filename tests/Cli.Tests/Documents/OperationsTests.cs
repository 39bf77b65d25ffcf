using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using DigitalTwin.Clinical.Synthetic;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Cli.Tests.Documents;

// Goal: whoever types docs/operations.md line by line gets a consortium. Method: the lines are taken from the page and
// typed, on loopback; the hospital north of the page stands for three, and names, folders, ports, tokens and digests
// are
// put in where the page has to leave them open.
public sealed partial class OperationsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string[] Hospitals = ["north", "east", "west"];

    [Fact]
    public void The_page_typed_line_by_line_ends_with_a_model_and_a_verified_ledger()
    {
        using Typist typist = new();
        foreach (string command in Pages.Read("docs/operations.md").Commands())
        {
            if (command.Contains("north", StringComparison.Ordinal))
            {
                foreach (string hospital in Hospitals)
                {
                    typist.Type(command.Replace("north", hospital, StringComparison.Ordinal));
                }
            }
            else
            {
                typist.Type(command);
            }
        }

        Assert.Equal(["coordinator", "node", "study", "audit"], typist.Kinds);
        Assert.Equal(Hospitals.Length, typist.VerifiedLedgers);
        using JsonDocument model = JsonDocument.Parse(File.ReadAllText(typist.Folder["srv/heart-risk/model.json"]));
        Assert.Equal(13, model.RootElement.GetProperty("features").GetArrayLength());
        typist.CheckThatAnExpiredCertificateIsRefused();
    }

    /// <summary>Types commands as the people of the page would, each at its own machine.</summary>
    private sealed partial class Typist : IDisposable
    {
        private readonly Dictionary<string, string> _tokens = [];
        private readonly Dictionary<string, RunningDtwin> _running = [];
        private string _genesis = "";
        private string _document = "";
        private string _proposal = "";

        public Typist()
        {
            PhiloxStream stream = new(seed: 11, stream: 0);
            foreach (SyntheticHospital hospital in SyntheticHospitals.HeartDisease(stream.NextUInt64))
            {
                Folder.Write(hospital.Name + ".csv", hospital.ToCsv());
            }
        }

        public TemporaryFolder Folder { get; } = new();

        /// <summary>The commands typed, each kind once, in order.</summary>
        public List<string> Kinds { get; } = [];

        public int VerifiedLedgers { get; private set; }

        public void Type(string command)
        {
            string[] words = Substitute(command).Split(' ');
            if (words is ["cp", .. string[] options, string source, string target])
            {
                if (options is ["-r"])
                {
                    FinishStudyAndStop();
                }

                Copy(Path.Combine(Pages.Root, source), target, recursive: options is ["-r"]);
                return;
            }

            Assert.True(words[0] == "dtwin", $"The page says {command}, which this test can't type.");
            if (!Kinds.Contains(words[1]))
            {
                Kinds.Add(words[1]);
            }

            switch (words[1..])
            {
                case ["coordinator", "run", .. string[] given]:
                    Start("coordinator", ["coordinator", "run", .. given, "--port", "0", "--enrol-port", "0"],
                        "listens");
                    break;
                case ["node", "run", ..]:
                    Start(words[4], words[1..], "follows");
                    break;
                case ["study", "launch", ..]:
                    Start("launch", words[1..], "joined", wait: false);
                    break;
                case ["audit", "verify", ..]:
                    FinishStudyAndStop();
                    Assert.EndsWith("VERIFIED\n", Run(words[1..]), StringComparison.Ordinal);
                    VerifiedLedgers++;
                    break;
                case ["node", "vote", "--state", string state, ..]:
                    WaitForTheProposal(state);
                    Run(words[1..]);
                    break;
                case ["node", "approve", "--state", string state, ..]:
                    CheckThatTheNodeAsks(state);
                    Run(words[1..]);
                    break;
                default:
                    Remember(words, Run(words[1..]));
                    break;
            }
        }

        public void CheckThatAnExpiredCertificateIsRefused()
        {
            string identity = Folder["srv/north/identity"];
            using ECDsa key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(Path.Combine(identity, "tls.key.pem")));
            DateTimeOffset end = new(2020, 2, 29, 12, 0, 0, TimeSpan.Zero);
            using X509Certificate2 expired = new CertificateRequest("CN=north", key, HashAlgorithmName.SHA256)
                .CreateSelfSigned(end.AddDays(-90), end);
            File.WriteAllText(Path.Combine(identity, "tls.cert.pem"), expired.ExportCertificatePem());

            Answer answer = Dtwin.RunIn(
                Pages.Root, "node", "run", "--state", Folder["srv/north"], "--data", Folder["north.csv"]);

            Assert.True(answer.ExitCode == ExitCodes.Environment, answer.ToString());
            Assert.Matches(@"\Adtwin: The certificate in .* expired on 2020-02-29; .*\n\z", answer.Error);
        }

        public void Dispose()
        {
            foreach (RunningDtwin running in _running.Values)
            {
                running.Dispose();
            }

            Folder.Dispose();
        }

        private string Substitute(string command)
        {
            string member = Member().Match(command).Groups[1].Value;
            return command
                .Replace("/srv/dtwin", Folder["srv"], StringComparison.Ordinal)
                .Replace("/srv/hospital", Folder.FullPath, StringComparison.Ordinal)
                .Replace("https://coordinator.example.org:7444", $"https://localhost:{EnrolmentPort()}",
                    StringComparison.Ordinal)
                .Replace("TOKEN", _tokens.GetValueOrDefault(member, "TOKEN"), StringComparison.Ordinal)
                .Replace("GENESIS", _genesis, StringComparison.Ordinal)
                .Replace("DIGEST", _document, StringComparison.Ordinal)
                .Replace("PROPOSAL", _proposal, StringComparison.Ordinal);
        }

        private int EnrolmentPort()
        {
            string file = Folder["srv/coordinator/endpoints.json"];
            if (!File.Exists(file))
            {
                return 0;
            }

            using JsonDocument endpoints = JsonDocument.Parse(File.ReadAllText(file));
            return endpoints.RootElement.GetProperty("EnrolmentPort").GetInt32();
        }

        private static string Run(string[] arguments)
        {
            Answer answer = Dtwin.RunIn(Pages.Root, arguments);
            Assert.True(answer.ExitCode == ExitCodes.Complete, $"{string.Join(' ', arguments)}\n{answer}");
            return answer.Output;
        }

        private void Start(string name, string[] arguments, string sign, bool wait = true)
        {
            RunningDtwin running = Dtwin.Start(Pages.Root, arguments);
            _running.Add(name, running);
            if (wait)
            {
                running.WaitUntil(() => running.Output.Contains(sign, StringComparison.Ordinal), sign, Patience);
            }
        }

        private void Remember(string[] words, string output)
        {
            switch (words[1..])
            {
                case ["coordinator", "init", ..]:
                    _genesis = Digest().Match(output).Value;
                    break;
                case ["coordinator", "token", ..]:
                    _tokens[words[Array.IndexOf(words, "--member") + 1]] = output.Trim();
                    break;
                case ["node", "propose", ..]:
                    _proposal = Proposal().Match(output).Value;
                    break;
                case ["node", "enroll", ..]:
                    Assert.Contains(_genesis, output, StringComparison.Ordinal);
                    break;
                case ["study", "check", ..]:
                    _document = Digest().Match(output).Value;
                    break;
                default:
                    break;
            }
        }

        // The page lets the person read the digest in the node's log, so it must stand there, with the command.
        private void CheckThatTheNodeAsks(string state)
        {
            string question = $"then: dtwin node approve --state {state} {_document}";
            _running[state].WaitUntil(
                () => _running[state].Output.Contains(question, StringComparison.Ordinal), question, Patience);
        }

        // People vote on what they see; here the list is asked until the proposal has travelled.
        private void WaitForTheProposal(string state)
        {
            Stopwatch clock = Stopwatch.StartNew();
            while (!Run(["node", "members", "--state", state]).Contains(_proposal, StringComparison.Ordinal))
            {
                Assert.True(clock.Elapsed < Patience, $"{state} never saw {_proposal}.");
                Thread.Sleep(TimeSpan.FromMilliseconds(100));
            }
        }

        private void FinishStudyAndStop()
        {
            if (_running.Count == 0)
            {
                return;
            }

            Answer launch = _running["launch"].Finish(Patience);
            Assert.True(launch.ExitCode == ExitCodes.Complete, launch.ToString());
            _running.Remove("launch");

            // The coordinator first, with the nodes still connected: a stop does not wait for them.
            foreach ((string name, RunningDtwin running) in _running.OrderBy(pair => pair.Key == "coordinator" ? 0 : 1))
            {
                running.Signal("TERM");
                Answer end = running.Finish(Patience);
                Assert.True(end.ExitCode == ExitCodes.Complete, $"{name}: {end}");
                running.Dispose();
            }

            _running.Clear();
        }

        private static void Copy(string source, string target, bool recursive)
        {
            if (!recursive)
            {
                File.Copy(source, target, overwrite: true);
                return;
            }

            foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
            {
                string copy = Path.Combine(target, Path.GetRelativePath(source, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }

        [GeneratedRegex("--member ([a-z]+)")]
        private static partial Regex Member();

        [GeneratedRegex("policy-[0-9a-f]{8}")]
        private static partial Regex Proposal();

        [GeneratedRegex("[0-9a-f]{64}")]
        private static partial Regex Digest();
    }
}
