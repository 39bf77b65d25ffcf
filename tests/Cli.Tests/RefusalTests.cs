using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DigitalTwin.Cli.Tests;

// Goal: whoever types something wrong, or has a machine that is not ready, gets one sentence and the right exit code.
// Method: each case runs the built executable; the whole of standard error is compared or is one line.
public sealed class RefusalTests
{
    private const string Study = """
        version: 1
        study: example
        title: An example
        data: { contract: heart-disease/v1 }
        model: { kind: logistic }
        algorithm: { kind: gradient, rounds: 5 }
        privacy: { protection: masks, dp: none }
        """;

    [Theory]
    [InlineData("--epsilon 0", "--epsilon 0: give a number from 0.001 to 100, or none.")]
    [InlineData("--epsilon many", "--epsilon many: give a number from 0.001 to 100, or none.")]
    [InlineData("--epsilon none --delta 1e-3", "--delta has no meaning with --epsilon none.")]
    [InlineData(
        "--algorithm newton",
        "Only algorithm gradient is accounted for differential privacy; choose it, or --epsilon none.")]
    [InlineData(
        "--algorithm newton --epsilon none --model mlp",
        "Newton solves logistic models only; choose gradient, fedavg or fedadam.")]
    [InlineData("--study absent.yaml", "There is no study file absent.yaml.")]
    [InlineData(
        "--study absent.yaml --epsilon 1",
        "--epsilon contradicts --study: the study file says it. Give one of the two.")]
    [InlineData(
        "--data absent",
        "absent/processed.cleveland.data is missing: --data takes a folder with the four files "
            + "processed.{cleveland,hungarian,switzerland,va}.data.")]
    public void A_wrong_demo_is_one_sentence_and_a_usage_error(string options, string sentence)
    {
        using TemporaryFolder folder = new();
        Answer answer = Dtwin.RunIn(folder.FullPath, ["demo", "--out", "out", .. options.Split(' ')]);

        Assert.True(answer.ExitCode == ExitCodes.Usage, answer.ToString());
        Assert.Equal($"dtwin: {sentence}\n", answer.Error);
        Assert.Empty(answer.Output);
    }

    [Theory]
    [InlineData("demo --algorithm nwton")]
    [InlineData("demo --protection none")]
    [InlineData("demo --frobnicate")]
    [InlineData("frobnicate")]
    [InlineData("node run")]
    [InlineData("coordinator token --state x --member y --role nurse")]
    public void What_is_no_command_line_is_a_usage_error(string line)
    {
        using TemporaryFolder folder = new();
        Answer answer = Dtwin.RunIn(folder.FullPath, line.Split(' '));

        Assert.True(answer.ExitCode == ExitCodes.Usage, answer.ToString());
        Assert.NotEmpty(answer.Error);
    }

    [Theory]
    [InlineData("rounds: 5", "rounds: 0", "6: algorithm.rounds: 0 is not allowed; give a whole number from 1 to 1000.")]
    [InlineData("kind: logistic", "kind: tree", "5: model.kind: tree is not allowed;")]
    [InlineData("title: An example", "titel: An example", "3: titel: is not a known field;")]
    [InlineData("study: example", "study: An Example", "2: study: An Example is not a name;")]
    public void A_malformed_study_is_told_by_file_line_and_field(string right, string wrong, string sentence)
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("study.yaml", Study.Replace(right, wrong, StringComparison.Ordinal));
        Answer answer = Dtwin.RunIn(folder.FullPath, "study", "check", "study.yaml");
        Answer demo = Dtwin.RunIn(folder.FullPath, "demo", "--study", file);

        Assert.True(answer.ExitCode == ExitCodes.Usage, answer.ToString());
        Assert.StartsWith($"dtwin: study.yaml:{sentence}", answer.Error, StringComparison.Ordinal);
        Assert.Equal(1, answer.Error.Count(letter => letter == '\n'));
        Assert.Equal(ExitCodes.Usage, demo.ExitCode);
    }

    [Theory]
    [InlineData("study check absent.yaml", ExitCodes.Usage, "There is no study file absent.yaml.")]
    [InlineData("audit verify absent", ExitCodes.Usage, "absent is no ledger: it needs the folders")]
    [InlineData("coordinator run --state absent", ExitCodes.Environment, "There is no consortium in absent;")]
    [InlineData("node run --state absent --data x.csv", ExitCodes.Environment, "absent holds no enrolled member;")]
    [InlineData("node approve --state absent abc", ExitCodes.Usage, "abc is no digest: give 64 lower-case hex digits.")]
    [InlineData("demo --out file/below", ExitCodes.Environment, "file/below can't be written:")]
    [InlineData("coordinator init --state file/below --consortium heart", ExitCodes.Environment, "The file")]
    [InlineData("coordinator init --state new --consortium Heart!", ExitCodes.Usage,
        "--consortium Heart!: use lower-case")]
    [InlineData(
        "node enroll --state new --member n --token x --coordinator https://localhost:1",
        ExitCodes.Environment,
        "This is no enrolment token:")]
    public void What_is_missing_or_unwritable_is_one_sentence(string line, int exitCode, string start)
    {
        using TemporaryFolder folder = new();
        folder.Write("file", "not a folder");
        Answer answer = Dtwin.RunIn(folder.FullPath, line.Split(' '));

        Assert.True(answer.ExitCode == exitCode, answer.ToString());
        Assert.StartsWith($"dtwin: {start}", answer.Error, StringComparison.Ordinal);
        Assert.Equal(1, answer.Error.Count(letter => letter == '\n'));
        Assert.Empty(answer.Output);
    }

    [Fact]
    public void A_folder_with_something_in_it_is_not_written_over()
    {
        using TemporaryFolder folder = new();
        folder.Write("kept.txt", "mine");
        Answer answer = Dtwin.Run("demo", "--out", folder.FullPath);

        Assert.True(answer.ExitCode == ExitCodes.Environment, answer.ToString());
        Assert.Equal($"dtwin: {folder.FullPath} is not empty; choose another folder with --out.\n", answer.Error);
        Assert.Equal([folder["kept.txt"]], Directory.EnumerateFileSystemEntries(folder.FullPath));
    }

    [Fact]
    public void A_port_in_use_is_one_sentence()
    {
        using TemporaryFolder folder = new();
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        Assert.Equal(0, Dtwin.RunIn(folder.FullPath, "coordinator", "init", "--state", "c", "--consortium", "heart")
            .ExitCode);

        Answer answer = Dtwin.RunIn(
            folder.FullPath, "coordinator", "run", "--state", "c", "--port", $"{port}", "--enrol-port", "0");

        Assert.True(answer.ExitCode == ExitCodes.Environment, answer.ToString());
        Assert.Equal(
            $"dtwin: Failed to bind to address https://127.0.0.1:{port}: "
                + "address already in use. Choose another port.\n",
            answer.Error);
        Assert.Empty(answer.Output);
    }

    [Fact]
    public void An_expired_certificate_is_one_sentence_that_says_since_when()
    {
        using TemporaryFolder folder = new();
        string identity = folder["node/identity"];
        Directory.CreateDirectory(identity);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset end = new(2020, 2, 29, 12, 0, 0, TimeSpan.Zero);
        using X509Certificate2 expired = new CertificateRequest("CN=north", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(end.AddDays(-90), end);
        folder.Write("node/identity/tls.key.pem", key.ExportPkcs8PrivateKeyPem());
        folder.Write("node/identity/tls.cert.pem", expired.ExportCertificatePem());
        folder.Write(
            "node/identity/member.json",
            """{"Member":"north","Role":"Hospital","Coordinator":"https://localhost:1/","""
                + "\"Genesis\":\"\",\"CoordinatorPin\":\"\"}");
        folder.Write("rows.csv", "");

        Answer answer = Dtwin.RunIn(folder.FullPath, "node", "preflight", "--state", "node", "--data", "rows.csv");

        Assert.True(answer.ExitCode == ExitCodes.Environment, answer.ToString());
        Assert.Contains("FAILED certificate:", answer.Output, StringComparison.Ordinal);
        Assert.Contains("expired on 2020-02-29", answer.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }
}
