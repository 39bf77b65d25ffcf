using System.Text.Json;

namespace DigitalTwin.Cli.Tests;

// Goal: whoever plans a study learns what noise costs, to read or to compute with. Method: the built executable; values
// of Opacus, of dp_accounting and of the closed form.
public sealed class DpTests
{
    private const string Epsilon = "dp epsilon --sampling-rate 0.01 --noise-multiplier 1.0 --steps 10000 --delta 1e-5";
    private const string Sigma = "dp sigma --epsilon 1 --sampling-rate 0.01 --steps 1000 --delta 1e-5";

    [Fact]
    public void Epsilon_as_json_has_every_accounting()
    {
        using JsonDocument document = Json(Epsilon);

        JsonElement renyi = document.RootElement.GetProperty("rdp");
        Assert.Equal(6.7127382975454, renyi.GetProperty("epsilon").GetDouble(), 1e-9);
        Assert.Equal(4.1, renyi.GetProperty("order").GetDouble());
        JsonElement loss = document.RootElement.GetProperty("pld");
        Assert.InRange(loss.GetProperty("lower").GetDouble(), 6.187744976 - 2e-3, 6.187744976);
        Assert.InRange(
            loss.GetProperty("upper").GetDouble() - loss.GetProperty("lower").GetDouble(), 0, 1e-3);
        Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty("closedForm").ValueKind);
    }

    [Fact]
    public void Without_sampling_there_is_a_closed_form()
    {
        using JsonDocument document = Json(
            "dp epsilon --sampling-rate 1 --noise-multiplier 10 --steps 100 --delta 1e-6");

        Assert.Equal(4.88655411747, document.RootElement.GetProperty("closedForm").GetDouble(), 1e-9);
    }

    [Fact]
    public void Epsilon_for_people_is_a_table_over_steps()
    {
        Answer answer = Dtwin.Run(Epsilon.Split(' '));

        Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
        string[][] rows = [.. Lines(answer).Skip(2).Select(Cells)];
        Assert.Equal(["100", "1,000", "2,500", "5,000", "10,000"], rows.Select(row => row[0]));
        Assert.Equal(["10,000", "6.7128", "4.1"], rows[^1][..3]);
        Assert.StartsWith("6.18", rows[^1][3], StringComparison.Ordinal);
        Assert.StartsWith("6.18", rows[^1][4], StringComparison.Ordinal);
        Assert.Equal("–", rows[^1][5]);
    }

    [Fact]
    public void The_noise_for_an_epsilon_keeps_to_it()
    {
        Answer answer = Dtwin.Run(Sigma.Split(' '));

        Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
        string[] lines = [.. Lines(answer)];
        Assert.Equal(["RDP", "PLD"], lines[1..3].Select(line => Cells(line)[0]));
        string[] last = Cells(lines[^1]);
        Assert.Equal("1,000", last[0]);
        Assert.Equal("1.0000", last[4]);
    }

    [Fact]
    public void The_noise_as_json_is_that_of_every_accounting()
    {
        using JsonDocument document = Json("dp sigma --epsilon 8 --sampling-rate 0.04 --steps 2000 --delta 1e-5");

        // opacus/tests/accountants_test.py: 1.3562 by Rényi orders; 1.2915 by a PRV accountant that overstates ε.
        Assert.Equal(
            1.3562, document.RootElement.GetProperty("rdp").GetProperty("noiseMultiplier").GetDouble(), 1e-3);
        Assert.InRange(
            document.RootElement.GetProperty("pld").GetProperty("noiseMultiplier").GetDouble(), 1.2885, 1.2915);
        Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty("closedForm").ValueKind);
    }

    [Theory]
    [InlineData(
        "--sampling-rate 2 --noise-multiplier 1 --steps 9 --delta 1e-5",
        "--sampling-rate 2: give a number above 0, up to 1.")]
    [InlineData(
        "--sampling-rate 0.1 --noise-multiplier 0 --steps 9 --delta 1e-5",
        "--noise-multiplier 0: give a number from 0.01 to 10000000.")]
    [InlineData(
        "--sampling-rate 0.1 --noise-multiplier NaN --steps 9 --delta 1e-5",
        "--noise-multiplier NaN: give a number from 0.01 to 10000000.")]
    [InlineData(
        "--sampling-rate 0.1 --noise-multiplier 1 --steps 0 --delta 1e-5",
        "--steps 0: give a number from 1 to 100000000.")]
    [InlineData(
        "--sampling-rate 0.1 --noise-multiplier 1 --steps 9 --delta 1",
        "--delta 1: give a number from 1e-50 to 0.999.")]
    public void A_wrong_number_is_one_sentence(string options, string sentence)
    {
        Answer answer = Dtwin.Run(["dp", "epsilon", .. options.Split(' ')]);

        Assert.True(answer.ExitCode == ExitCodes.Usage, answer.ToString());
        Assert.Equal($"dtwin: {sentence}\n", answer.Error);
        Assert.Empty(answer.Output);
    }

    private static JsonDocument Json(string line)
    {
        Answer answer = Dtwin.Run([.. line.Split(' '), "--json"]);
        Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
        return JsonDocument.Parse(answer.Output);
    }

    private static string[] Lines(Answer answer) => answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Cells(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
