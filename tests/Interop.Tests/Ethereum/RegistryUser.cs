using System.Numerics;
using System.Security.Cryptography;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Nodes;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Interop.Tests.Ethereum;

/// <summary>An account that calls a network's registry, or the contract that is named.</summary>
internal sealed class RegistryUser(AnchoredNetwork network, EthereumKey key, EthereumAddress? contract = null)
{
    private EthereumAddress Contract => contract ?? network.Registry;

    // Kinds of MemberRegistry.sol.
    public const int Admit = 0;
    public const int Suspend = 1;
    public const int Reinstate = 2;
    public const int Remove = 3;

    public EthereumAddress Account => key.Address;

    public static byte[] Propose(int kind, EthereumAddress subject, int roles = 0) => Abi.Call(
        "propose(uint8,address,bytes32,bytes32,uint32)",
        new BigInteger(kind), subject, SHA256.HashData(subject.ToArray()), new byte[32], new BigInteger(roles));

    public static byte[] Vote(int id) => Abi.Call("vote(uint256)", new BigInteger(id));

    /// <summary>Sends a call that must succeed.</summary>
    public async Task SendAsync(byte[] call, CancellationToken cancellationToken)
    {
        EthereumTransaction transaction = new EthereumTransaction
        {
            ChainId = DevelopmentNode.ChainId,
            Nonce = await network.Node.Node.NonceAsync(key.Address, cancellationToken),
            GasLimit = 1_000_000,
            To = Contract,
            Data = call,
        }.SignedBy(key);
        await network.Node.Node.SendAsync(transaction.Encode(), cancellationToken);
        string hash = Hex.OfBytes(transaction.Hash());
        TransactionReceipt? receipt = await network.Node.Node.ReceiptAsync(hash, cancellationToken);

        // A node that mines at once still answers before it has.
        for (int tries = 0; receipt is null && tries < 100; tries++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            receipt = await network.Node.Node.ReceiptAsync(hash, cancellationToken);
        }

        Assert.True(receipt is { Succeeded: true }, "The registry undid the call.");
    }

    /// <summary>Whether the registry would undo this call with this error.</summary>
    public async Task<bool> IsRefusedAsync(byte[] call, string error, CancellationToken cancellationToken)
    {
        try
        {
            await network.Node.Node.CallAsync(key.Address, Contract, call, cancellationToken);
            return false;
        }
        catch (RpcErrorException refusal)
        {
            string selector = Convert.ToHexStringLower(Abi.Selector(error));
            Assert.Contains(selector, refusal.Message);
            return true;
        }
    }
}
