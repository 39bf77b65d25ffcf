using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Ethereum.Nodes;

namespace DigitalTwin.Interop.Tests.Ethereum;

// Goal: a checkpoint is anchored once on nodes that other people wrote. Method: anvil and hardhat, each with a chain
// without fees under the rules of London; what the chain's events say is compared with what the client says.
public sealed class AnchoringTests(EthereumPackages packages, SolidityCompiler compiler)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("anvil")]
    [InlineData("hardhat")]
    public async Task Checkpoints_are_anchored_in_their_order_and_cost_what_is_documented(string node)
    {
        await packages.SkipUnlessInstalledAsync(Token);
        await using AnchoredNetwork network =
            await AnchoredNetwork.StartAsync(() => DevelopmentNode.StartAsync(node, Token), compiler, Token);
        using AnchorClient client = await network.OpenAsync(Token);
        network.State.Enqueue(AnchoredNetwork.Checkpoint(12));
        network.State.Enqueue(AnchoredNetwork.Checkpoint(5));
        network.State.Enqueue(AnchoredNetwork.Checkpoint(7, origin: "digitaltwin.dev/demo/authorization"));

        List<long> gas = [];
        for (int i = 0; i < 3; i++)
        {
            AnchorStep step = await AnchoredNetwork.RunUntilAsync(client, AnchorOutcome.Anchored, Token);
            TransactionReceipt? receipt = await network.Node.Node.ReceiptAsync(step.Anchored!.Transaction, Token);
            gas.Add(receipt!.GasUsed);
        }

        Assert.Equal(AnchorOutcome.Idle, (await client.AdvanceAsync(Token)).Outcome);
        Assert.Empty(network.State.Queue());
        Assert.Equal([5L, 7, 12], (await network.AnchoredSizesAsync(Token)).Order());
        Assert.Equal(3ul, await network.Node.Node.NonceAsync(network.Account, Token));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{node}: gas of deployment {string.Join(", ", network.DeploymentGas)}; of each checkpoint "
                + string.Join(", ", gas));

        // The first of a log fills two new slots, a later one a new slot and a used one.
        Assert.All(gas, one => Assert.InRange(one, 50_000, AnchorClient.GasLimit / 2));
    }

    [Theory]
    [InlineData("anvil")]
    [InlineData("hardhat")]
    public async Task A_kill_before_or_after_any_call_leaves_exactly_one_anchor(string node)
    {
        await packages.SkipUnlessInstalledAsync(Token);
        await using AnchoredNetwork network =
            await AnchoredNetwork.StartAsync(() => DevelopmentNode.StartAsync(node, Token), compiler, Token);
        using HttpMessageInvoker wire = new(new SocketsHttpHandler());
        long size = 0;
        int kills = 0;
        foreach (bool answerIsLost in new[] { false, true })
        {
            bool killed = true;
            for (int call = 0; killed; call++)
            {
                network.State.Enqueue(AnchoredNetwork.Checkpoint(++size));
                killed = await KilledAtAsync(network, wire, call, answerIsLost);
                kills += killed ? 1 : 0;
                using AnchorClient next = await network.OpenAsync(Token);
                while ((await next.AdvanceAsync(Token)).Outcome != AnchorOutcome.Idle)
                {
                    // The same queue, to its end.
                }

                Assert.Empty(network.State.Queue());
            }
        }

        Assert.Equal(Enumerable.Range(1, (int)size).Select(one => (long)one), await network.AnchoredSizesAsync(Token));
        Assert.Equal((ulong)size, await network.Node.Node.NonceAsync(network.Account, Token));
        TestContext.Current.TestOutputHelper?.WriteLine($"{node}: {kills} kills, {size} checkpoints, {size} anchors");
        Assert.True(kills >= 20, $"Only {kills} kills: the matrix is cut short.");
    }

    // Anchors until the queue is empty or the process "dies" at a call; true where it died.
    private static async Task<bool> KilledAtAsync(
        AnchoredNetwork network, HttpMessageInvoker wire, int call, bool answerIsLost)
    {
        using DyingHandler handler = new(wire, call, answerIsLost);
        try
        {
            using AnchorClient client = await network.OpenAsync(Token, handler);
            while ((await client.AdvanceAsync(Token)).Outcome != AnchorOutcome.Idle)
            {
                // Until the handler ends it.
            }

            return false;
        }
        catch (KilledException)
        {
            return true;
        }
    }

    private sealed class KilledException : Exception;

    // Stands for kill -9 at a call: the exception is none that the client knows, so nothing of it runs any more.
    private sealed class DyingHandler(HttpMessageInvoker wire, int call, bool answerIsLost) : HttpMessageHandler
    {
        private int _calls;

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            bool dies = _calls++ == call;
            if (dies && !answerIsLost)
            {
                throw new KilledException();
            }

            HttpResponseMessage response = await wire.SendAsync(request, cancellationToken);
            if (!dies)
            {
                return response;
            }

            response.Dispose();
            throw new KilledException();
        }
    }
}
