#include "sim/lifecycle/network_interfaces.hpp"

namespace berth {

void NetworkInterfaces::attach(ReplicaId replica) {
  agenda_.then(replica, delays_.network_attach(replica), NetworkAttached{replica});
}

}  // namespace berth
