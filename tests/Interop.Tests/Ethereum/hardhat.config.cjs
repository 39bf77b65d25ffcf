// A chain without fees under the rules of London, as Besu's with zeroBaseFee; the interval tests mine for themselves.
module.exports = {
  solidity: '0.8.28',
  networks: { hardhat: { chainId: 1337, hardfork: 'london', initialBaseFeePerGas: 0, gasPrice: 0 } },
};
